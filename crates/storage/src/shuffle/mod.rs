//! Map outputs: written by one map task, read by piece. Spark: `ShuffleManager`, `IndexShuffleBlockResolver`.
//!
//! Ours keeps small outputs in memory, where Spark always writes a file.

mod error;
mod fetch;
mod index;
mod local;
mod output;
mod reader;
mod writer;

pub use error::FetchError;
pub use reader::{FetchContext, FetchLimits, FetchRequest, Remote, ShuffleReader};
pub use writer::{MapOutputWriter, SpillMetrics};

pub(crate) use fetch::{Arrival, Part, RemotePiece};
pub(crate) use index::IndexCache;
pub(crate) use output::{MapOutput, Piece, ShuffleOutputs};

#[cfg(test)]
mod tests;
