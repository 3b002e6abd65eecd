//! One committer per partition of a stage. Spark: `OutputCommitCoordinator`.
//!
//! Ours keeps only who holds the right: an attempt that has ended can no longer ask, because `Scheduler` answers
//! nobody but running attempts.

use std::collections::BTreeMap;

use hearth_types::{StageId, TaskAttempt};

/// Who may commit what.
#[derive(Debug, Default)]
pub(crate) struct OutputCommitCoordinator {
    stages: BTreeMap<StageId, BTreeMap<u32, TaskAttempt>>,
}

impl OutputCommitCoordinator {
    /// A stage attempt starts; rights given in earlier attempts stay.
    pub(crate) fn stage_started(&mut self, stage: StageId) {
        self.stages.entry(stage).or_default();
    }

    /// The stage is over for good.
    pub(crate) fn stage_ended(&mut self, stage: StageId) {
        self.stages.remove(&stage);
    }

    /// Whether a running attempt may commit. The first to ask gets the right; its holder may ask again.
    pub(crate) fn can_commit(&mut self, id: TaskAttempt) -> bool {
        match self.stages.get_mut(&id.stage) {
            Some(holders) => holders.entry(id.partition).or_insert(id).task == id.task,
            None => false,
        }
    }

    /// An attempt failed: if it held the right, another may have it.
    pub(crate) fn attempt_failed(&mut self, id: TaskAttempt) {
        if let Some(holders) = self.stages.get_mut(&id.stage)
            && holders.get(&id.partition).is_some_and(|holder| holder.task == id.task)
        {
            holders.remove(&id.partition);
        }
    }

    /// Who holds the right for a partition.
    pub(crate) fn holder(&self, stage: StageId, partition: u32) -> Option<TaskAttempt> {
        self.stages.get(&stage)?.get(&partition).copied()
    }

    /// Whether an attempt of the stage may have committed: one that holds a right and is not known to have failed.
    pub(crate) fn may_have_committed(&self, stage: StageId) -> bool {
        self.stages.get(&stage).is_some_and(|holders| !holders.is_empty())
    }

    /// Whether no stage is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }
}
