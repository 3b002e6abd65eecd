//! One task's hold on execution memory. Spark: `TaskMemoryManager`, `MemoryConsumer`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hearth_types::TaskId;

use super::MemoryManager;

/// What one task holds of the pool. Cheap to clone; when the last clone goes, everything is released.
#[derive(Clone, Debug)]
pub struct TaskMemory {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    manager: Arc<MemoryManager>,
    task: TaskId,
    used: AtomicU64,
    peak: AtomicU64,
    /// Set when waiting for the least share was in vain, so that a starved task does not wait before every spill.
    has_waited: AtomicBool,
}

impl TaskMemory {
    pub(super) fn new(manager: Arc<MemoryManager>, task: TaskId) -> Self {
        let inner = Inner {
            manager,
            task,
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            has_waited: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Asks for `bytes` and gets that or less, perhaps nothing: then the caller spills. Of N running tasks each may
    /// hold at most 1/N of execution memory; one that holds less than half of that waits up to 0.2 s for the others.
    pub fn acquire(&self, bytes: u64) -> u64 {
        let Inner { manager, task, used, peak, has_waited } = &*self.inner;
        let may_wait = !has_waited.load(Ordering::Relaxed);
        let granted = manager.acquire_execution(*task, bytes, may_wait);
        if may_wait || granted > 0 {
            has_waited.store(granted == 0 && bytes > 0, Ordering::Relaxed);
        }
        let now = used.fetch_add(granted, Ordering::Relaxed) + granted;
        peak.fetch_max(now, Ordering::Relaxed);
        granted
    }

    /// Asks for `bytes` and gets all of it or nothing.
    pub fn acquire_all(&self, bytes: u64) -> bool {
        let granted = self.acquire(bytes);
        if granted < bytes {
            self.release(granted);
        }
        granted >= bytes
    }

    /// Gives `bytes` back; never more than is held.
    pub fn release(&self, bytes: u64) {
        let mut released = 0;
        let update = self.inner.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            released = bytes.min(used);
            Some(used - released)
        });
        if update.is_ok() && released > 0 {
            self.inner.manager.release_execution(self.inner.task, released);
        }
    }

    /// Bytes held now.
    pub fn used(&self) -> u64 {
        self.inner.used.load(Ordering::Relaxed)
    }

    /// The most bytes that were held at a time.
    pub fn peak(&self) -> u64 {
        self.inner.peak.load(Ordering::Relaxed)
    }

    /// Which task.
    pub fn task(&self) -> TaskId {
        self.inner.task
    }

    /// The pool.
    pub fn manager(&self) -> &Arc<MemoryManager> {
        &self.inner.manager
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.manager.forget_task(self.task);
    }
}
