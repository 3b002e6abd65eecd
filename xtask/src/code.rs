//! Tells code, comments and literals of Rust source apart, line by line, without parsing it.

/// A source of which each part can be searched alone; all have the lines and columns of the original.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    /// The source with comments and the insides of literals blanked.
    pub(crate) code: String,
    /// The source with everything but comments blanked.
    pub(crate) comments: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Code {
    /// Splits `source`.
    pub(crate) fn of(source: &str) -> Self {
        let mut split = Self { code: String::with_capacity(source.len()), comments: String::new() };
        let mut rest = source;
        let mut before = ' ';
        while !rest.is_empty() {
            let (kind, length) = next_piece(rest, before);
            let (piece, after) = rest.split_at(length);
            for c in piece.chars() {
                let blank = if c == '\n' { '\n' } else { ' ' };
                split.code.push(if kind == Kind::Code { c } else { blank });
                split.comments.push(if kind == Kind::Comment { c } else { blank });
            }
            before = piece.chars().next_back().unwrap_or(before);
            rest = after;
        }
        split
    }

    /// Whether each line of the code lies in an item under `#[cfg(test)]` or `#[test]`.
    pub(crate) fn test_lines(&self) -> Vec<bool> {
        let mut lines = vec![false; self.code.lines().count() + 1];
        for attribute in ["#[cfg(test)]", "#[test]"] {
            for (at, _) in self.code.match_indices(attribute) {
                let end = self.item_end(at + attribute.len());
                let first = line_of(&self.code, at);
                for line in &mut lines[first - 1..line_of(&self.code, end)] {
                    *line = true;
                }
            }
        }
        lines
    }

    /// Where the item that begins at `from` ends: at its closing brace, or at a semicolon before any brace.
    pub(crate) fn item_end(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        for (at, byte) in self.code.bytes().enumerate().skip(from) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => return at,
                b'}' => depth -= 1,
                b';' if depth == 0 => return at,
                _ => {}
            }
        }
        self.code.len()
    }
}

/// The line, from 1, of a byte of a text.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Where `word` stands in `text` and is not part of a longer name.
pub(crate) fn find_word<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(part_of_name);
        let after = text[at + word.len()..].chars().next().is_some_and(part_of_name);
        (!before && !after).then_some(at)
    })
}

/// The kind and length of the piece that `rest` begins with.
fn next_piece(rest: &str, before: char) -> (Kind, usize) {
    let in_name = before.is_alphanumeric() || before == '_';
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if rest.starts_with('"') {
        (Kind::Literal, string(rest, 1))
    } else if let Some((start, hashes)) = raw_string(rest).filter(|_| !in_name) {
        let end = format!("\"{}", "#".repeat(hashes));
        (Kind::Literal, rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()))
    } else if rest.starts_with('\'') {
        character(rest)
    } else {
        (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Where the string whose inside begins at `from` ends.
fn string(rest: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(from) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Where the inside of a raw string begins, and how many `#` end it.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let hashes = rest[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let start = prefix.len() + hashes + 1;
    (rest.as_bytes().get(start - 1) == Some(&b'"')).then_some((start, hashes))
}

/// A character literal, or the quote of a lifetime.
fn character(rest: &str) -> (Kind, usize) {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, c))) => {
            let from = at + c.len_utf8();
            (Kind::Literal, rest[from..].find('\'').map_or(rest.len(), |end| from + end + 1))
        }
        (Some(_), Some((at, '\''))) => (Kind::Literal, at + 1),
        _ => (Kind::Code, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        Code::of(source).code
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        assert_eq!(code("a // b\nc"), "a     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"f("x // y", 'z')"#), "f(        ,    )");
        assert_eq!(code(r#"f("\"", '\'', '\u{1}') g"#), "f(    ,     ,        ) g");
        assert_eq!(code("f(r#\"a\"b\"#) g"), "f(        ) g");
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
        assert_eq!(code("bar\"x\" r#type"), "bar    r#type");
        assert_eq!(Code::of("a // b\n\"// c\"").comments, "  // b\n      ");
    }

    #[test]
    fn a_word_is_not_part_of_a_longer_name() {
        let at = |text| find_word(text, "HashMap").collect::<Vec<_>>();
        assert_eq!(at("HashMap IndexHashMap HashMaps a::HashMap<"), [0, 33]);
    }

    #[test]
    fn lines_of_test_modules_are_known() {
        let source = "fn a() {\n}\n#[cfg(test)]\nmod tests {\n    fn b() { {} }\n}\nfn c() {}\n#[cfg(test)]\nmod t;\nfn d() {}";
        let lines = Code::of(source).test_lines();
        let in_tests: Vec<usize> = (1..=10).filter(|line| lines[line - 1]).collect();
        assert_eq!(in_tests, [3, 4, 5, 6, 8, 9]);
    }
}
