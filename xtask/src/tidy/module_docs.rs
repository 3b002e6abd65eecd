//! Every module of a crate says what it is.

use super::Finding;
use crate::workspace::Source;

/// A module that is not test code begins with `//!`.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let in_a_crate = source.path.starts_with("crates/") || source.path.starts_with("xtask/");
    if !in_a_crate || !source.path.contains("/src/") || source.is_test() || source.text.starts_with("//!") {
        return Vec::new();
    }
    let problem = "must begin with `//!`: what it is, the Spark class it follows, how it differs";
    vec![Finding::line(&source.path, 1, problem)]
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_module_without_docs_is_found() {
        assert_eq!(check(&source("crates/a/src/b.rs", "use c;\n//! Late.\n")).len(), 1);
        assert_eq!(check(&source("crates/a/src/b.rs", "")).len(), 1);
    }

    #[test]
    fn docs_and_test_files_are_fine() {
        for (path, text) in [
            ("crates/a/src/b.rs", "//! Does b.\n"),
            ("crates/a/src/b/tests.rs", "use super::*;\n"),
            ("crates/a/tests/b.rs", "use a;\n"),
            ("tests/src/lib.rs", "use a;\n"),
        ] {
            assert_eq!(check(&source(path, text)), [], "{path}");
        }
    }
}
