//! The text of input paths: comma lists and braces. Spark: Hadoop's `FileInputFormat.getPathStrings`, `GlobExpander`.

use crate::error::{Error, Result};

/// `{a/b,c}` repeated makes as many paths as the product; beyond this it is a mistake.
const MAX_EXPANDED: usize = 100_000;

/// The entries of a comma list; commas inside braces do not split.
pub(super) fn split_list(paths: &str) -> Result<Vec<&str>> {
    let entries = split_commas(paths);
    if entries.iter().any(|entry| entry.is_empty()) {
        return Err(Error::EmptyPath { paths: paths.to_string() });
    }
    Ok(entries)
}

/// Writes out every pair of braces that has a slash inside; the others are matched name by name.
pub(super) fn expand_braces(pattern: &str) -> Result<Vec<String>> {
    let mut expanded = Vec::new();
    let mut left = vec![pattern.to_string()];
    while let Some(text) = left.pop() {
        match braces_with_slash(&text)? {
            None => expanded.push(text),
            Some((open, close)) => {
                let (before, after) = (&text[..open], &text[close + 1..]);
                let inside = split_commas(&text[open + 1..close]);
                left.extend(inside.iter().rev().map(|part| format!("{before}{part}{after}")));
            }
        }
        if expanded.len() + left.len() > MAX_EXPANDED {
            let reason = format!("its braces stand for more than {MAX_EXPANDED} paths");
            return Err(Error::InvalidPattern { pattern: pattern.to_string(), reason });
        }
    }
    Ok(expanded)
}

/// Whether a segment must be matched, not only looked up.
pub(super) fn has_wildcard(segment: &str) -> bool {
    let mut escaped = false;
    segment.bytes().any(|byte| {
        let special = !escaped && matches!(byte, b'*' | b'?' | b'[' | b'{');
        escaped = !escaped && byte == b'\\';
        special
    })
}

/// A segment without its escapes.
pub(super) fn unescape(segment: &str) -> String {
    let mut plain = String::with_capacity(segment.len());
    let mut characters = segment.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    plain
}

/// Splits at commas outside of braces.
fn split_commas(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_u32;
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// The first outermost pair of braces that contains a slash.
fn braces_with_slash(text: &str) -> Result<Option<(usize, usize)>> {
    let (mut depth, mut open, mut slash, mut escaped) = (0_u32, 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        let plain = !escaped;
        escaped = plain && byte == b'\\';
        match byte {
            b'{' if plain => {
                if depth == 0 {
                    (open, slash) = (at, false);
                }
                depth += 1;
            }
            b'}' if plain && depth > 0 => {
                depth -= 1;
                if depth == 0 && slash {
                    return Ok(Some((open, at)));
                }
            }
            b'/' => slash = true,
            _ => {}
        }
    }
    if depth > 0 {
        let reason = "a brace is not closed".to_string();
        return Err(Error::InvalidPattern { pattern: text.to_string(), reason });
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_braces_do_not_split() {
        assert_eq!(split_list("a,b{c,{d,e}},f").unwrap(), ["a", "b{c,{d,e}}", "f"]);
        assert_eq!(split_list("a").unwrap(), ["a"]);
        for empty in ["", "a,,b", ","] {
            assert!(matches!(split_list(empty), Err(Error::EmptyPath { .. })), "{empty:?}");
        }
    }

    #[test]
    fn only_braces_with_a_slash_are_written_out() {
        let expand = |pattern| expand_braces(pattern).unwrap();
        assert_eq!(expand("/x/{a,b}"), ["/x/{a,b}"]);
        assert_eq!(expand("/x/{a/1,b}/c"), ["/x/a/1/c", "/x/b/c"]);
        assert_eq!(expand("{/a,/b/{c,d/e}}"), ["/a", "/b/c", "/b/d/e"]);
        assert_eq!(expand("/{a,b}/{c/d,e}"), ["/{a,b}/c/d", "/{a,b}/e"]);
        assert_eq!(expand(r"/\{a/b"), [r"/\{a/b"]);
        assert!(expand_braces("/x/{a,b").unwrap_err().to_string().contains("a brace is not closed"));
        assert!(expand_braces(&"{a/,b/}".repeat(40)).unwrap_err().to_string().contains("100000 paths"));
    }

    #[test]
    fn escaped_characters_are_no_wildcards() {
        assert!(has_wildcard("a*") && has_wildcard("a{b,c}") && has_wildcard(r"\\*"));
        assert!(!has_wildcard(r"a\*b") && !has_wildcard("a]"));
        assert_eq!(unescape(r"a\*b\\"), r"a*b\");
    }
}
