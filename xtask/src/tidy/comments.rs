//! A note about work to do names the issue that does it.

use super::Finding;
use crate::code::{Code, find_word, line_of};
use crate::workspace::Source;

/// The words that announce later work.
const WORDS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Each such word in a comment is followed by the number of an issue: `TODO(#12)`.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let comments = Code::of(&source.text).comments;
    let mut findings = Vec::new();
    for word in WORDS {
        for at in find_word(&comments, word).filter(|at| !names_an_issue(&comments[at + word.len()..])) {
            let problem = format!("{word} without an issue; write {word}(#12), or do it now");
            findings.push(Finding::line(&source.path, line_of(&comments, at), problem));
        }
    }
    findings
}

fn names_an_issue(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['(', ' ', ':']);
    rest.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&source("crates/a/src/b.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_note_without_an_issue_is_found() {
        assert_eq!(lines("fn a() {}\n// TODO: later\n/* FIXME */\n/// XXX\n// TODO(#)\n"), [2, 5, 3, 4]);
    }

    #[test]
    fn a_note_with_an_issue_and_code_are_fine() {
        assert_eq!(
            lines("// TODO(#12): later\n// FIXME #3\nlet a = \"TODO\";\nlet TODO = 1; // TODOS\n"),
            [0; 0]
        );
    }
}
