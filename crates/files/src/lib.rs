//! Real files, read and written behind one storage interface. Spark: `HadoopRDD`'s input formats,
//! `SparkHadoopWriter`'s committer, and the file system below them.
//!
//! Everything here is called from plain task threads and blocks.
//! Below it is the `object_store` crate: this machine's files today, with the same calls for object stores later.
//! Ours reads local files without copying through an asynchronous stream, because its store reads from the open file.
#![warn(missing_docs)]

pub mod checkpoint;
mod codec;
mod error;
mod input;
pub mod output;
mod store;
#[cfg(test)]
mod testing;

pub use checkpoint::{delete_dir, exists, list_parts, open, write_atomic};
pub use codec::Codec;
pub use error::{BoxError, Error, InputProblem, Result};
pub use input::{
    DEFAULT_MAX_LINE_LENGTH, FileRef, InputOptions, InputSplit, LineReader, MAX_LINE_LENGTH_KEY, TextOptions,
    read_whole, read_whole_bytes, text_splits, whole_files,
};
