//! A run of whole lines in memory, whose encoding is checked once.

use std::ops::Range;

/// Lines with their ends. Only the last may lack its end.
#[derive(Debug, Default)]
pub(super) struct Block {
    content: Content,
    /// Without one, line ends are found by looking for a single byte.
    has_carriage_return: bool,
}

#[derive(Debug)]
enum Content {
    /// All of it is UTF-8, so each line is.
    Text(String),
    /// Some line is not.
    Bytes(Vec<u8>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Block {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let has_carriage_return = memchr::memchr(b'\r', &bytes).is_some();
        let content = match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes(error.into_bytes()),
        };
        Self { content, has_carriage_return }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self.content {
            Content::Text(text) => text.into_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// The range as text, `None` when it is not UTF-8.
    pub(super) fn text(&self, range: Range<usize>) -> Option<&str> {
        match &self.content {
            Content::Text(text) => text.get(range),
            Content::Bytes(bytes) => std::str::from_utf8(bytes.get(range)?).ok(),
        }
    }

    /// The line that begins at `at`, and where the next one begins.
    pub(super) fn line_at(&self, at: usize) -> (Range<usize>, usize) {
        let bytes = &self.bytes()[at..];
        if !self.has_carriage_return {
            return match memchr::memchr(b'\n', bytes) {
                Some(length) => (at..at + length, at + length + 1),
                None => (at..at + bytes.len(), at + bytes.len()),
            };
        }
        let Some(length) = memchr::memchr2(b'\n', b'\r', bytes) else {
            return (at..at + bytes.len(), at + bytes.len());
        };
        let two = bytes[length] == b'\r' && bytes.get(length + 1) == Some(&b'\n');
        (at..at + length, at + length + if two { 2 } else { 1 })
    }
}
