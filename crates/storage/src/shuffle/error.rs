//! A map output that could not be read. Spark: `FetchFailedException`.

use hearth_types::{ExecutorId, ShuffleId, TaskEndReason};

/// A map output that could not be read, with what the scheduler needs to make it again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// Which shuffle.
    pub shuffle: ShuffleId,
    /// Which map partition.
    pub map_index: Option<u32>,
    /// Which reduce partition wanted it.
    pub reduce: u32,
    /// Who should have served it; `None` when no location was known.
    pub from: Option<ExecutorId>,
    /// What went wrong, for people.
    pub message: String,
    /// The reading task was told to stop: nothing is wrong with the output.
    pub is_cancelled: bool,
}

impl FetchError {
    /// What a task reports that ends with this error. Not for a cancelled one.
    pub fn into_end_reason(self) -> TaskEndReason {
        let Self { shuffle, map_index, reduce, from, message, is_cancelled: _ } = self;
        TaskEndReason::FetchFailed { shuffle, map_index, reduce, from, message }
    }
}
