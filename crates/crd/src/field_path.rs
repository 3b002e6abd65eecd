//! The path of a field in a manifest, as messages print it and `--set` takes it.
//!
//! `spec.volumes[0].name`; a key that contains a dot, a bracket, a quote or an equals sign is quoted, as in
//! `spec.sparkConf."spark.task.maxFailures"`, or its dots are escaped with backslashes.

use std::fmt;
use std::str::FromStr;

/// The path of a field from the root of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(Vec<Segment>);

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Into the field of this name.
    Key(String),
    /// Into this entry of a list, counted from 0.
    Index(usize),
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseFieldPathError {
    /// Nothing stands where a name is needed.
    #[error("a field name is missing at position {position}")]
    MissingName {
        /// The position in characters, from 1.
        position: usize,
    },
    /// A quoted name does not end.
    #[error("the quote that opens at position {position} is not closed")]
    OpenQuote {
        /// The position in characters, from 1.
        position: usize,
    },
    /// What stands in brackets is not a number.
    #[error("[{found}] is not a list index; write a number from 0, as in [0]")]
    Index {
        /// What stands in the brackets.
        found: String,
    },
    /// A name follows without a dot.
    #[error("a dot is missing at position {position}")]
    MissingDot {
        /// The position in characters, from 1.
        position: usize,
    },
}

impl FieldPath {
    /// The path through these field names.
    pub fn of<const N: usize>(keys: [&str; N]) -> Self {
        Self(keys.iter().map(|&key| Segment::Key(key.to_owned())).collect())
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// This path, one step further.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// This path, into the field of this name.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.join(Segment::Key(key.to_owned()))
    }

    /// This path, into this entry of a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    /// The name of the last field on the path; empty for the root.
    pub fn last_key(&self) -> &str {
        self.0
            .iter()
            .rev()
            .find_map(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                Segment::Index(_) => None,
            })
            .unwrap_or_default()
    }

    /// Whether this path leads to `other` or through it to a field below.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<Segment> for FieldPath {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the manifest");
        }
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    if key.is_empty() || key.contains(['.', '[', ']', '"', '=', '\\']) {
                        write!(f, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                    } else {
                        f.write_str(key)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = ParseFieldPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let characters: Vec<char> = text.chars().collect();
        let mut parser = Parser { characters: &characters, at: 0 };
        let mut segments = Vec::new();
        loop {
            segments.push(Segment::Key(parser.name()?));
            while parser.peek() == Some('[') {
                segments.push(Segment::Index(parser.bracket()?));
            }
            match parser.next() {
                None => return Ok(Self(segments)),
                Some('.') => {}
                Some(_) => return Err(ParseFieldPathError::MissingDot { position: parser.at }),
            }
        }
    }
}

struct Parser<'a> {
    characters: &'a [char],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn name(&mut self) -> Result<String, ParseFieldPathError> {
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let start = self.at;
        let mut name = String::new();
        while let Some(character) = self.peek() {
            match character {
                '.' | '[' => break,
                '\\' => {
                    self.at += 1;
                    name.push(self.next().unwrap_or('\\'));
                }
                other => {
                    self.at += 1;
                    name.push(other);
                }
            }
        }
        if name.is_empty() {
            return Err(ParseFieldPathError::MissingName { position: start + 1 });
        }
        Ok(name)
    }

    fn quoted(&mut self) -> Result<String, ParseFieldPathError> {
        let open = self.at + 1;
        self.at += 1;
        let mut name = String::new();
        while let Some(character) = self.next() {
            match character {
                '"' => return Ok(name),
                '\\' => name.push(self.next().unwrap_or('\\')),
                other => name.push(other),
            }
        }
        Err(ParseFieldPathError::OpenQuote { position: open })
    }

    fn bracket(&mut self) -> Result<usize, ParseFieldPathError> {
        self.at += 1;
        let mut found = String::new();
        while let Some(character) = self.next() {
            if character == ']' {
                return found.parse().map_err(|_| ParseFieldPathError::Index { found });
            }
            found.push(character);
        }
        Err(ParseFieldPathError::Index { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        assert_eq!(text.parse::<FieldPath>().unwrap().to_string(), printed);
    }

    #[test]
    fn a_path_prints_as_it_is_written() {
        check("spec.executor.cores", "spec.executor.cores");
        check("spec.volumes[0].name", "spec.volumes[0].name");
        check("a[1][22]", "a[1][22]");
        check(r#"spec.sparkConf."spark.ui.port""#, r#"spec.sparkConf."spark.ui.port""#);
        check(r"spec.sparkConf.spark\.ui\.port", r#"spec.sparkConf."spark.ui.port""#);
        check(r#""a\"b".c"#, r#""a\"b".c"#);
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        let error = |text: &str| text.parse::<FieldPath>().unwrap_err().to_string();
        assert_eq!(error(""), "a field name is missing at position 1");
        assert_eq!(error("a..b"), "a field name is missing at position 3");
        assert_eq!(error("a[x]"), "[x] is not a list index; write a number from 0, as in [0]");
        assert_eq!(error("a[-1]"), "[-1] is not a list index; write a number from 0, as in [0]");
        assert_eq!(error("a[0]b"), "a dot is missing at position 5");
        assert_eq!(error("a.\"b"), "the quote that opens at position 3 is not closed");
    }
}
