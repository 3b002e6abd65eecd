//! No code that pretends: no placeholders, no tests and examples that never run.

use super::Finding;
use crate::code::{Code, line_of};
use crate::workspace::Source;

/// What must not be in code, and why.
const IN_CODE: [(&str, &str); 3] = [
    ("todo!(", "is a placeholder; write the code"),
    ("unimplemented!(", "is a placeholder; write the code or return an error that names what is missing"),
    ("#[ignore", "hides a test; assert today's behaviour and say why it is wrong"),
];

/// What must not be in docs.
const IN_COMMENTS: (&str, &str) = ("```ignore", "hides an example; let it run, or show it as `text`");

/// Finds placeholders and hidden tests.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let split = Code::of(&source.text);
    let code =
        IN_CODE.iter().flat_map(|banned| split.code.match_indices(banned.0).map(move |(at, _)| (at, banned)));
    let docs = split.comments.match_indices(IN_COMMENTS.0).map(|(at, _)| (at, &IN_COMMENTS));
    code.chain(docs)
        .map(|(at, (token, why))| {
            Finding::line(&source.path, line_of(&split.code, at), format!("`{token}` {why}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&source("crates/a/src/b.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn placeholders_and_hidden_tests_are_found() {
        assert_eq!(lines("//! A.\nfn a() { todo!() }\nfn b() { unimplemented!(\"b\") }\n"), [2, 3]);
        assert_eq!(lines("#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"), [2]);
        assert_eq!(lines("/// ```ignore\n/// a();\n/// ```\nfn a() {}\n"), [1]);
    }

    #[test]
    fn words_about_them_are_fine() {
        assert_eq!(
            lines("// todo!() and #[ignore]\nlet a = \"unimplemented!(\";\n/// ```\n/// a();\n/// ```\n"),
            [0; 0]
        );
    }
}
