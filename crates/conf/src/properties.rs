//! Configuration as the text of a properties file. Spark: `spark-defaults.conf`, read as Java reads properties.

use std::fmt::Write as _;

use crate::error::{Error, Result};

/// Reads `key value`, `key=value` and `key: value` lines, comments, continued lines and escapes.
pub(crate) fn read(text: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let mut logical = line.trim_start().to_owned();
        if logical.is_empty() || logical.starts_with(['#', '!']) {
            continue;
        }
        while ends_in_open_backslash(&logical) {
            logical.pop();
            let Some((_, next)) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (key, value) = split(&logical);
        let unescape =
            |part: &str| unescape(part).map_err(|problem| Error::Properties { line: at + 1, problem });
        // Spark trims values, which Java does not; blanks that were written as escapes stay.
        pairs.push((unescape(key)?, unescape(value.trim_end())?));
    }
    Ok(pairs)
}

/// One `key=value` line per pair, escaped so that [`read`] and Java give the same pairs back.
pub(crate) fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        escape(key, true, &mut text);
        text.push('=');
        escape(value, false, &mut text);
        text.push('\n');
    }
    text
}

fn ends_in_open_backslash(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// At the first separator that is not escaped; blanks around it, and one `=` or `:` between blanks, belong to it.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && (c == '=' || c == ':' || c.is_ascii_whitespace());
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    (key, rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start())
}

fn unescape(part: &str) -> Result<String, String> {
    let mut text = String::with_capacity(part.len());
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some('u') => text.push(unicode(&mut chars)?),
            Some(other) => text.push(other),
            None => {}
        }
    }
    Ok(text)
}

/// The character of `XXXX` after `\u`; two of them in a row where one is only half a character.
fn unicode(chars: &mut std::str::Chars<'_>) -> Result<char, String> {
    let mut unit = || -> Option<u16> {
        let rest = chars.as_str();
        let digits = rest.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *chars = rest[4..].chars();
        u16::from_str_radix(digits, 16).ok()
    };
    let problem = || "\\u must be followed by four hexadecimal digits of a character".to_owned();
    let first = unit().ok_or_else(problem)?;
    if let Some(Ok(whole)) = char::decode_utf16([first]).next() {
        return Ok(whole);
    }
    let rest = chars.as_str().strip_prefix("\\u").ok_or_else(problem)?;
    *chars = rest.chars();
    let mut unit = || chars.by_ref().take(4).collect::<String>();
    let second = u16::from_str_radix(&unit(), 16).map_err(|_| problem())?;
    char::decode_utf16([first, second]).next().and_then(Result::ok).ok_or_else(problem)
}

fn escape(part: &str, is_key: bool, text: &mut String) {
    for (at, c) in part.char_indices() {
        match c {
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\u{c}' => text.push_str("\\f"),
            '\\' => text.push_str("\\\\"),
            ' ' if is_key || at == 0 || at + 1 == part.len() => text.push_str("\\u0020"),
            '=' | ':' | '#' | '!' if is_key => text.extend(['\\', c]),
            c if c.is_ascii() && !c.is_ascii_control() => text.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _infallible = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        read(text).unwrap()
    }

    fn check(text: &str, key: &str, value: &str) {
        assert_eq!(pairs(text), [(key.to_owned(), value.to_owned())], "{text:?}");
    }

    #[test]
    fn every_separator_of_java_is_one() {
        for text in ["a b", "a=b", "a:b", "a = b", "  a : b  ", "a\tb", "a   b\r\n"] {
            check(text, "a", "b");
        }
        check("a", "a", "");
        check("a=", "a", "");
        check("a==b", "a", "=b");
        check("a\\=b=c", "a=b", "c");
        check("a b c", "a", "b c");
    }

    #[test]
    fn comments_and_empty_lines_are_skipped_and_lines_continue() {
        check("# no\n\n  ! no\na=b\\\n   c\n", "a", "bc");
        check("a=b\\\\", "a", "b\\");
        check("a=b\\", "a", "b");
    }

    #[test]
    fn escapes_are_read() {
        check("a=x\\ty\\u00e4\\ud83d\\ude00z", "a", "x\tyä😀z");
        assert_eq!(
            read("a=b\nc=\\u12").unwrap_err().to_string(),
            "line 2 of the properties: \\u must be followed by four hexadecimal digits of a character"
        );
        assert!(read("c=\\ud83d").is_err());
        assert!(read("c=\\ud83d\\u0041").is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let odd = [
            ("a b", " x y "),
            ("k=:#!", "=\\\n\t\r\u{c}ä😀\u{7f}"),
            ("empty", ""),
            ("c\\", "\\"),
            ("s", " "),
        ];
        let text = write(odd);
        assert!(text.is_ascii());
        let back = pairs(&text);
        assert_eq!(back.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(), odd);
    }
}
