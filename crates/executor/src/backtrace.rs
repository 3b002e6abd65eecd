//! Cuts a backtrace down to what a user can act on.

/// Frames kept at most.
const LONGEST: usize = 40;

/// The name of the function that runs attempts: what called it is ours, and the same for every task.
pub(crate) const EDGE: &str = "__hearth_run_attempt";

/// What Rust calls a function whose name it does not find, as in a binary without symbols.
const NAMELESS: &str = "<unknown>";

/// The frames between the panic machinery and the edge of the task, in the form that Rust prints. Those without a name say
/// nothing and are left out.
pub(crate) fn user_frames(backtrace: &str) -> String {
    let frames = frames(backtrace);
    let begin = frames.iter().rposition(|frame| is_panic_machinery(&frame.name)).map_or(0, |at| at + 1);
    let end = frames.iter().position(|frame| frame.name.contains(EDGE)).unwrap_or(frames.len());
    let between = frames.get(begin..end.max(begin)).unwrap_or_default();
    let kept: Vec<&Frame<'_>> = between.iter().filter(|frame| frame.name != NAMELESS).collect();
    let mut text = String::new();
    for frame in kept.iter().take(LONGEST) {
        for line in &frame.lines {
            text.push_str(line);
            text.push('\n');
        }
    }
    if kept.len() > LONGEST {
        text.push_str(&format!("      … {} more frames\n", kept.len() - LONGEST));
    }
    text.truncate(text.trim_end().len());
    text
}

struct Frame<'a> {
    name: String,
    lines: Vec<&'a str>,
}

/// A frame begins with a line `  12: name`; the lines after it say where it is.
fn frames(backtrace: &str) -> Vec<Frame<'_>> {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    for line in backtrace.lines() {
        let name = line
            .trim_start()
            .split_once(": ")
            .and_then(|(number, name)| number.bytes().all(|byte| byte.is_ascii_digit()).then_some(name));
        match (name, frames.last_mut()) {
            (Some(name), _) => frames.push(Frame { name: name.to_owned(), lines: vec![line] }),
            (None, Some(frame)) => frame.lines.push(line),
            (None, None) => {}
        }
    }
    frames
}

fn is_panic_machinery(name: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "std::panicking::",
        "core::panicking::",
        "rust_begin_unwind",
        "__rustc::rust_begin_unwind",
        "core::result::unwrap_failed",
        "core::option::unwrap_failed",
        "core::option::expect_failed",
        "std::sys::backtrace::__rust_end_short_backtrace",
    ];
    // A panic hook and a boxed one look alike from here; both lie above the machinery, so they need no name.
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        && !name.contains("catch_unwind")
        && !name.starts_with("std::panicking::try")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_frames_of_the_user_stay() {
        let whole = "\
   0: hearth_executor::panic::record
             at ./src/panic.rs:80:5
   1: std::panicking::rust_panic_with_hook
   2: __rustc::rust_begin_unwind
   3: core::panicking::panic_fmt
   4: app::parse
             at ./src/main.rs:12:5
   5: <F as core::ops::FnOnce>::call_once
   6: hearth_executor::attempt::__hearth_run_attempt
   7: std::panicking::try
   8: std::thread::spawn
";
        let kept =
            "   4: app::parse\n             at ./src/main.rs:12:5\n   5: <F as core::ops::FnOnce>::call_once";
        assert_eq!(user_frames(whole), kept);
    }

    #[test]
    fn a_program_without_symbols_has_no_backtrace() {
        let whole: String = (0..60).map(|at| format!("  {at}: <unknown>\n")).collect();
        assert_eq!(user_frames(&whole), "");
    }

    #[test]
    fn a_deep_recursion_is_cut() {
        let whole: String = (0..100).map(|at| format!("  {at}: app::deeper\n")).collect();
        let kept = user_frames(&whole);
        assert_eq!(kept.lines().count(), LONGEST + 1);
        assert!(kept.ends_with("… 60 more frames"), "{kept}");
    }
}
