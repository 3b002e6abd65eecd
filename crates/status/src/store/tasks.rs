//! Which partitions of a stage are done, and how the end of a task counts.

use hearth_types::TaskEndReason;

/// One bit per partition.
#[derive(Debug, Default)]
pub(super) struct PartitionSet {
    words: Vec<u64>,
}

impl PartitionSet {
    /// Adds a partition; whether it was new.
    pub(super) fn insert(&mut self, partition: u32) -> bool {
        let (word, bit) = (partition as usize / 64, 1u64 << (partition % 64));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Takes a partition out; whether it was there.
    pub(super) fn remove(&mut self, partition: u32) -> bool {
        let (word, bit) = (partition as usize / 64, 1u64 << (partition % 64));
        let Some(word) = self.words.get_mut(word) else { return false };
        let was = *word & bit != 0;
        *word &= !bit;
        was
    }

    pub(super) fn clear(&mut self) {
        self.words = Vec::new();
    }
}

/// Under which count the end of an attempt falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndKind {
    Completed,
    Failed,
    Killed,
    /// It had completed, and that is taken back.
    Resubmitted,
}

impl EndKind {
    pub(super) fn of(reason: &TaskEndReason) -> Self {
        match reason {
            TaskEndReason::Success => Self::Completed,
            TaskEndReason::TaskKilled(_) | TaskEndReason::TaskCommitDenied => Self::Killed,
            TaskEndReason::Resubmitted => Self::Resubmitted,
            TaskEndReason::FetchFailed { .. }
            | TaskEndReason::ExceptionFailure { .. }
            | TaskEndReason::TaskResultLost
            | TaskEndReason::ExecutorLost { .. } => Self::Failed,
        }
    }
}

/// The line that a killed attempt is counted under, Spark's `killedTasksSummary`.
pub(super) fn kill_summary(reason: &TaskEndReason) -> String {
    match reason {
        TaskEndReason::TaskKilled(why) => why.to_string(),
        TaskEndReason::TaskCommitDenied
        | TaskEndReason::Success
        | TaskEndReason::Resubmitted
        | TaskEndReason::FetchFailed { .. }
        | TaskEndReason::ExceptionFailure { .. }
        | TaskEndReason::TaskResultLost
        | TaskEndReason::ExecutorLost { .. } => reason.to_string(),
    }
}
