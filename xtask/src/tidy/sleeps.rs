//! Tests wait for what they need, not for time to pass.

use super::Finding;
use crate::code::{Code, line_of};
use crate::workspace::Source;

const SLEEPS: [&str; 2] = ["thread::sleep", "time::sleep"];

/// What makes a sleep honest, on its line or the one above.
const REASON: &str = "// waits for:";

/// A sleep in test code says what it waits for.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let split = Code::of(&source.text);
    let test_lines = split.test_lines();
    let lines: Vec<&str> = source.text.lines().collect();
    let is_test = |line: usize| source.is_test() || test_lines.get(line - 1) == Some(&true);
    let has_reason =
        |line: usize| lines[line.saturating_sub(2)..line].iter().any(|line| line.contains(REASON));
    let found = SLEEPS.iter().flat_map(|sleep| split.code.match_indices(sleep));
    let found =
        found.map(|(at, _)| line_of(&split.code, at)).filter(|line| is_test(*line) && !has_reason(*line));
    let problem = "sleeps in a test; wait for an event, or say why in `// waits for: …`";
    found.map(|line| Finding::line(&source.path, line, problem)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&source(path, text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_sleep_in_a_test_is_found() {
        assert_eq!(lines("crates/a/tests/b.rs", "fn a() {\n    std::thread::sleep(x);\n}\n"), [2]);
        let inline =
            "#[cfg(test)]\nmod tests {\n    async fn a() {\n        tokio::time::sleep(x).await;\n    }\n}\n";
        assert_eq!(lines("crates/a/src/b.rs", inline), [4]);
    }

    #[test]
    fn a_sleep_with_a_reason_or_outside_of_tests_is_fine() {
        let same_line = "fn a() {\n    thread::sleep(x); // waits for: the process to be gone\n}\n";
        assert_eq!(lines("tests/src/a.rs", same_line), [0; 0]);
        let line_above = "fn a() {\n    // waits for: the process to be gone\n    thread::sleep(x);\n}\n";
        assert_eq!(lines("tests/src/a.rs", line_above), [0; 0]);
        assert_eq!(lines("crates/a/src/b.rs", "fn a() {\n    thread::sleep(x);\n}\n"), [0; 0]);
        assert_eq!(lines("tests/src/a.rs", "// thread::sleep\n"), [0; 0]);
    }
}
