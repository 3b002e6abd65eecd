//! The scheduler decides and does nothing else, so a few words must not be in it.

use super::Finding;
use crate::code::{Code, find_word, line_of};
use crate::workspace::Source;

/// Crates that decide.
const PURE: [&str; 1] = ["crates/scheduler/src/"];

/// Words that mean a clock, chance, an order that changes from run to run, or waiting.
const BANNED: [(&str, &str); 11] = [
    ("Instant", "reads a clock; take `now`"),
    ("SystemTime", "reads a clock; take `now`"),
    ("HashMap", "has an order that changes from run to run; use BTreeMap or IndexMap"),
    ("HashSet", "has an order that changes from run to run; use BTreeSet or IndexSet"),
    ("RandomState", "changes from run to run"),
    ("thread_rng", "is not seeded; use the scheduler's generator"),
    ("OsRng", "is not seeded; use the scheduler's generator"),
    ("async", "waits; return an action"),
    ("await", "waits; return an action"),
    ("Mutex", "locks; the scheduler has one owner"),
    ("RwLock", "locks; the scheduler has one owner"),
];

/// Finds banned words in the code of pure crates.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    if !PURE.iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let code = Code::of(&source.text).code;
    let found = BANNED.iter().flat_map(|(word, why)| find_word(&code, word).map(move |at| (at, word, why)));
    found
        .map(|(at, word, why)| Finding::line(&source.path, line_of(&code, at), format!("`{word}` {why}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&source(path, text)).len()
    }

    #[test]
    fn each_banned_word_is_found_in_the_scheduler() {
        for (word, _) in BANNED {
            assert_eq!(
                found("crates/scheduler/src/a.rs", &format!("fn a() {{ let _ = {word}::new(); }}")),
                1,
                "{word}"
            );
        }
    }

    #[test]
    fn other_crates_comments_and_longer_names_are_fine() {
        assert_eq!(found("crates/driver/src/a.rs", "use std::time::Instant;"), 0);
        assert_eq!(
            found(
                "crates/scheduler/src/a.rs",
                "// No Instant.\nuse indexmap::IndexHashMap;\nlet a = \"async\";"
            ),
            0
        );
    }
}
