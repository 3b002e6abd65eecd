//! One pool of memory for execution and storage. Spark: `UnifiedMemoryManager`, `ExecutionMemoryPool`, `TaskMemoryManager`.
//!
//! Execution may take back what storage borrowed, down to the part that is storage's own; storage may borrow what
//! execution leaves free and never takes anything from it. Ours counts bytes only: nobody is handed an address.
//! Where Spark lets a task wait for its share without end, ours waits a moment, and then the task spills.

mod grant;
mod task;

pub use task::TaskMemory;

pub(crate) use grant::Grant;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use hearth_types::{RddId, TaskId};
use parking_lot::{Condvar, Mutex, RwLock};

/// How long a task waits for others to spill until it has its least share.
const WAIT_FOR_SHARE: Duration = Duration::from_millis(200);

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryConf {
    /// Bytes for execution and storage together.
    pub total: u64,
    /// Part of `total` in which cached blocks are safe from execution (`spark.memory.storageFraction`).
    pub storage_fraction: f64,
}

/// How much is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUsage {
    /// Bytes in all.
    pub total: u64,
    /// Bytes held by running tasks.
    pub execution: u64,
    /// Bytes held by blocks.
    pub storage: u64,
}

impl MemoryUsage {
    fn free(&self) -> u64 {
        self.total.saturating_sub(self.execution + self.storage)
    }
}

/// For whom blocks are evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EvictFor {
    /// Execution: whatever can be freed helps.
    Execution,
    /// A block, perhaps of an RDD whose other blocks are spared: nothing is evicted if that would not suffice.
    Block(Option<RddId>),
}

/// Frees storage memory by dropping blocks or moving them to disk. Implemented by the block manager.
pub(crate) trait Evict: Send + Sync {
    /// Frees `bytes` or a little more if it can. Memory comes back through `release_storage`.
    fn evict(&self, bytes: u64, why: EvictFor);
}

/// Shares one process's memory between its tasks and its blocks.
pub struct MemoryManager {
    total: u64,
    /// Bytes that execution cannot take from storage.
    storage_region: u64,
    state: Mutex<State>,
    released: Condvar,
    wait_for_share: Duration,
    evictor: RwLock<Option<Weak<dyn Evict>>>,
}

#[derive(Default)]
struct State {
    storage: u64,
    execution: u64,
    tasks: BTreeMap<TaskId, u64>,
}

impl std::fmt::Debug for MemoryManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryManager").field("usage", &self.usage()).finish_non_exhaustive()
    }
}

impl MemoryManager {
    /// A pool of `conf.total` bytes.
    pub fn new(conf: MemoryConf) -> Arc<Self> {
        let fraction = conf.storage_fraction.clamp(0.0, 1.0);
        Arc::new(Self {
            total: conf.total,
            storage_region: (conf.total as f64 * fraction) as u64,
            state: Mutex::default(),
            released: Condvar::new(),
            wait_for_share: WAIT_FOR_SHARE,
            evictor: RwLock::new(None),
        })
    }

    /// The memory of one task. From now on the task counts among those that share execution memory, until the last
    /// clone of the handle is dropped.
    pub fn task(self: &Arc<Self>, task: TaskId) -> TaskMemory {
        self.state.lock().tasks.entry(task).or_insert(0);
        TaskMemory::new(Arc::clone(self), task)
    }

    /// What is used now.
    pub fn usage(&self) -> MemoryUsage {
        self.state.lock().usage(self.total)
    }

    pub(crate) fn set_evictor(&self, evictor: Weak<dyn Evict>) {
        *self.evictor.write() = Some(evictor);
    }

    /// Bytes of `wanted` that the task may have now. With `may_wait`, waits a moment for its least share.
    fn acquire_execution(&self, task: TaskId, wanted: u64, may_wait: bool) -> u64 {
        let mut evicted = false;
        let mut waited = false;
        let mut state = self.state.lock();
        loop {
            let tasks = state.tasks.len().max(1) as u64;
            let held = state.tasks.get(&task).copied().unwrap_or(0);
            let kept_by_storage = state.storage.min(self.storage_region);
            let most = self.total.saturating_sub(kept_by_storage) / tasks;
            let least = self.total.saturating_sub(self.storage_region) / (2 * tasks);
            let limit = wanted.min(most.saturating_sub(held));
            let free = state.usage(self.total).free();
            let borrowed = state.storage.saturating_sub(self.storage_region);
            if limit > free && borrowed > 0 && !evicted {
                let bytes = (limit - free).min(borrowed);
                parking_lot::MutexGuard::unlocked(&mut state, || self.evict(bytes, EvictFor::Execution));
                evicted = true;
                continue;
            }
            let granted = limit.min(free);
            if granted < wanted && held + granted < least.min(held + wanted) && may_wait && !waited {
                waited = self.released.wait_for(&mut state, self.wait_for_share).timed_out();
                evicted = false;
                continue;
            }
            *state.tasks.entry(task).or_insert(0) += granted;
            state.execution += granted;
            return granted;
        }
    }

    fn release_execution(&self, task: TaskId, bytes: u64) {
        let mut state = self.state.lock();
        let held = state.tasks.entry(task).or_insert(0);
        let bytes = bytes.min(*held);
        *held -= bytes;
        state.execution -= bytes;
        drop(state);
        self.released.notify_all();
    }

    fn forget_task(&self, task: TaskId) {
        let mut state = self.state.lock();
        let held = state.tasks.remove(&task).unwrap_or(0);
        state.execution -= held;
        drop(state);
        self.released.notify_all();
    }

    /// Takes `bytes` for a block of `rdd`, evicting blocks of other RDDs if it must. All or nothing.
    pub(crate) fn acquire_storage(&self, bytes: u64, rdd: Option<RddId>) -> bool {
        let shortage = {
            let mut state = self.state.lock();
            if bytes > self.total.saturating_sub(state.execution) {
                return false;
            }
            let free = state.usage(self.total).free();
            if bytes <= free {
                state.storage += bytes;
                return true;
            }
            bytes - free
        };
        self.evict(shortage, EvictFor::Block(rdd));
        self.try_acquire_storage(bytes)
    }

    /// Takes `bytes` for a block if they are free. All or nothing; evicts nothing.
    pub(crate) fn try_acquire_storage(&self, bytes: u64) -> bool {
        let mut state = self.state.lock();
        let fits = bytes <= state.usage(self.total).free();
        if fits {
            state.storage += bytes;
        }
        fits
    }

    pub(crate) fn release_storage(&self, bytes: u64) {
        let mut state = self.state.lock();
        state.storage = state.storage.saturating_sub(bytes);
        drop(state);
        self.released.notify_all();
    }

    fn evict(&self, bytes: u64, why: EvictFor) {
        let evictor = self.evictor.read().as_ref().and_then(Weak::upgrade);
        if let Some(evictor) = evictor {
            evictor.evict(bytes, why);
        }
    }
}

impl State {
    fn usage(&self, total: u64) -> MemoryUsage {
        MemoryUsage { total, execution: self.execution, storage: self.storage }
    }
}

#[cfg(test)]
mod tests;
