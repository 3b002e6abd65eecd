//! What one buffer within a task holds. Spark: `MemoryConsumer`, `Spillable`.

use super::TaskMemory;

/// A buffer may always hold this much, or nothing would move in a full process.
const FREE: u64 = 256 * 1024;

/// How much more is asked for than is needed at once.
const STEP: u64 = 1 << 20;

/// Memory of one buffer. Returned when dropped.
#[derive(Debug)]
pub(crate) struct Grant {
    memory: TaskMemory,
    held: u64,
}

impl Grant {
    pub(crate) fn new(memory: &TaskMemory) -> Self {
        Self { memory: memory.clone(), held: 0 }
    }

    /// Makes sure that `used` bytes are granted. `false`: the buffer must spill.
    pub(crate) fn cover(&mut self, used: u64) -> bool {
        if used > self.held.max(FREE) {
            let missing = used - self.held;
            self.held += self.memory.acquire(missing + STEP.max(used / 4));
        }
        used <= self.held.max(FREE)
    }

    /// Asks for `bytes` more and gets that or less.
    pub(crate) fn extend(&mut self, bytes: u64) -> u64 {
        let granted = self.memory.acquire(bytes);
        self.held += granted;
        granted
    }

    /// Up to this many bytes may be used without asking again.
    pub(crate) fn limit(&self) -> u64 {
        self.held.max(FREE)
    }

    /// Returns everything.
    pub(crate) fn clear(&mut self) {
        self.memory.release(std::mem::take(&mut self.held));
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.clear();
    }
}
