//! Files stay short, and whoever writes a long one says why.

use super::Finding;
use crate::workspace::Source;

/// From here on a file needs a second look.
const LONG: usize = 500;
/// From here on it needs a reason.
const TOO_LONG: usize = 800;
/// How a module says why.
const REASON: &str = "//! Long because";
/// How many files the table shows.
const SHOWN: usize = 10;

/// A very long file gives its reason in its module docs.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let lines = length(source);
    if lines <= TOO_LONG || source.text.lines().any(|line| line.starts_with(REASON)) {
        return Vec::new();
    }
    vec![Finding::file(
        &source.path,
        format!("has {lines} lines; split it, or begin a line of its docs with `{REASON}`"),
    )]
}

/// A sentence for each long file.
pub(super) fn warnings(sources: &[Source]) -> Vec<String> {
    let long = largest(sources).into_iter().filter(|(lines, _)| *lines > LONG);
    long.map(|(lines, path)| format!("{path} has {lines} lines; is there a second concept in it?")).collect()
}

/// The largest files, for people.
pub(super) fn table(sources: &[Source]) -> String {
    let rows = largest(sources).into_iter().take(SHOWN).map(|(lines, path)| format!("\n{lines:>6}  {path}"));
    format!("largest source files:{}", rows.collect::<String>())
}

fn largest(sources: &[Source]) -> Vec<(usize, &str)> {
    let written = sources.iter().filter(|source| !source.is_generated());
    let mut sizes: Vec<_> = written.map(|source| (length(source), source.path.as_str())).collect();
    sizes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    sizes
}

fn length(source: &Source) -> usize {
    source.text.lines().count()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_very_long_file_is_found_unless_it_says_why() {
        let body = "fn a() {}\n".repeat(TOO_LONG);
        assert_eq!(check(&source("a.rs", &format!("//! A.\n{body}"))).len(), 1);
        assert_eq!(check(&source("a.rs", &format!("//! A.\n//! Long because of a table.\n{body}"))), []);
        assert_eq!(check(&source("a.rs", &body)), []);
    }

    #[test]
    fn the_largest_files_are_shown_and_long_ones_warn() {
        let sources: Vec<Source> =
            (0..12).map(|n| source(&format!("{n}.rs"), &"\n".repeat(n * 50))).collect();
        let table = table(&sources);
        assert_eq!(table.lines().count(), 11);
        assert!(table.lines().nth(1).unwrap().ends_with("550  11.rs"));
        assert_eq!(warnings(&sources), ["11.rs has 550 lines; is there a second concept in it?"]);
    }
}
