//! What the executors hold: map outputs, cached partitions, stored results. Each block is its content.

use std::collections::{BTreeMap, BTreeSet};

use hearth_types::{ExecutorId, RddId, ShuffleId, TaskId};

use crate::content::Content;

/// The blocks of all executors, and whose can be read.
#[derive(Debug, Default)]
pub struct Blocks {
    reachable: BTreeSet<ExecutorId>,
    outputs: BTreeMap<(ExecutorId, ShuffleId, TaskId), Content>,
    cached: BTreeMap<(ExecutorId, RddId, u32), Content>,
    results: BTreeMap<(ExecutorId, TaskId), Content>,
}

impl Blocks {
    /// From now on others can, or cannot, read what the executor holds.
    pub fn set_reachable(&mut self, executor: ExecutorId, reachable: bool) {
        if reachable {
            self.reachable.insert(executor);
        } else {
            self.reachable.remove(&executor);
        }
    }

    /// The executor's process is gone, and all that it held.
    pub fn forget(&mut self, executor: ExecutorId) {
        self.reachable.remove(&executor);
        self.outputs.retain(|(of, ..), _| *of != executor);
        self.cached.retain(|(of, ..), _| *of != executor);
        self.results.retain(|(of, _), _| *of != executor);
    }

    /// Keeps a map output.
    pub fn put_output(&mut self, executor: ExecutorId, shuffle: ShuffleId, task: TaskId, content: Content) {
        self.outputs.insert((executor, shuffle, task), content);
    }

    /// Reads a map output, from another executor only while that one can be reached.
    pub fn output(
        &self,
        reader: ExecutorId,
        holder: ExecutorId,
        shuffle: ShuffleId,
        task: TaskId,
    ) -> Option<Content> {
        let reachable = reader == holder || self.reachable.contains(&holder);
        self.outputs.get(&(holder, shuffle, task)).cloned().filter(|_| reachable)
    }

    /// The executor's map outputs are gone.
    pub fn lose_outputs(&mut self, executor: ExecutorId) {
        self.outputs.retain(|(of, ..), _| *of != executor);
    }

    /// The executor's outputs of one shuffle are gone.
    pub fn remove_shuffle(&mut self, executor: ExecutorId, shuffle: ShuffleId) {
        self.outputs.retain(|(of, which, _), _| (*of, *which) != (executor, shuffle));
    }

    /// Keeps a cached partition. Says whether it was not there before.
    pub fn put_cached(&mut self, executor: ExecutorId, rdd: RddId, partition: u32, content: Content) -> bool {
        self.cached.insert((executor, rdd, partition), content).is_none()
    }

    /// Reads a cached partition of one's own.
    pub fn cached(&self, executor: ExecutorId, rdd: RddId, partition: u32) -> Option<Content> {
        self.cached.get(&(executor, rdd, partition)).cloned()
    }

    /// The cached partitions of one executor.
    pub fn cached_of(&self, executor: ExecutorId) -> Vec<(RddId, u32)> {
        let of = (executor, RddId(0), 0)..=(executor, RddId(u32::MAX), u32::MAX);
        self.cached.range(of).map(|((_, rdd, partition), _)| (*rdd, *partition)).collect()
    }

    /// The executor drops a cached partition.
    pub fn drop_cached(&mut self, executor: ExecutorId, rdd: RddId, partition: u32) {
        self.cached.remove(&(executor, rdd, partition));
    }

    /// The executor drops all that it cached of an RDD.
    pub fn drop_rdd(&mut self, executor: ExecutorId, rdd: RddId) {
        self.cached.retain(|(of, which, _), _| (*of, *which) != (executor, rdd));
    }

    /// Keeps a result for the driver.
    pub fn put_result(&mut self, executor: ExecutorId, task: TaskId, content: Content) {
        self.results.insert((executor, task), content);
    }

    /// The driver reads a result; it can be read once.
    pub fn take_result(&mut self, executor: ExecutorId, task: TaskId) -> Option<Content> {
        self.results.remove(&(executor, task)).filter(|_| self.reachable.contains(&executor))
    }
}
