//! An executor is gone, and everything that it kept. Spark: `handleExecutorLost`, `removeExecutorAndUnregisterOutputs`.
//!
//! There is no external shuffle service, so its map outputs are always lost.
//! Decommission, which loses nothing, will be a second entry here.

use hearth_types::ExecutorId;

use super::DagScheduler;

impl DagScheduler {
    /// Forgets what an executor kept. Its attempts were reported before, so whatever comes from it later is stale.
    pub(crate) fn on_executor_lost(&mut self, executor: ExecutorId) {
        if self.executors.remove(&executor) {
            self.failure_epochs.remove(&executor);
            self.cache.remove_executor(executor);
            self.map_outputs.remove_executor(executor);
        }
    }

    /// A fetch from a living executor failed for a task of this epoch: gives all its outputs up, once per epoch.
    /// Its cached partitions stay known: if it is really gone, its loss takes them.
    pub(super) fn give_up_outputs(&mut self, executor: ExecutorId, epoch: u64) {
        if !self.executors.contains(&executor)
            || self.failure_epochs.get(&executor).is_some_and(|at| *at >= epoch)
        {
            return;
        }
        self.failure_epochs.insert(executor, epoch);
        self.map_outputs.remove_executor(executor);
    }

    /// Whether outputs of a task of this epoch are in doubt, because its executor's outputs were given up since.
    pub(super) fn is_in_doubt(&self, executor: ExecutorId, epoch: u64) -> bool {
        self.failure_epochs.get(&executor).is_some_and(|at| epoch <= *at)
    }
}
