//! Reading: from the words that a user writes to splits, and from splits to records.

mod block;
mod decoder;
mod glob;
mod java_utf8;
mod line_reader;
mod listing;
mod options;
mod pattern;
mod split;
mod whole;

#[cfg(test)]
mod tests;

pub use line_reader::LineReader;
pub use options::{DEFAULT_MAX_LINE_LENGTH, InputOptions, MAX_LINE_LENGTH_KEY, TextOptions};
pub use split::{InputSplit, text_splits};
pub use whole::{FileRef, read_whole, read_whole_bytes, whole_files};
