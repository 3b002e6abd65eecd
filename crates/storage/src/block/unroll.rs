//! Taking in records whose size is not known beforehand. Spark: `MemoryStore.putIterator`, `ValuesHolder`.

use std::mem::size_of;
use std::sync::Arc;

use hearth_types::RddId;

use crate::memory::MemoryManager;
use crate::size::HeapEstimate;

/// How much memory is asked for at least (`spark.storage.unrollMemoryThreshold`).
const FIRST_RESERVATION: u64 = 1 << 20;

/// How many records go between two looks at the size.
pub(super) const CHECK_PERIOD: usize = 16;

/// Storage memory held for a block that is not stored yet. Returns it when dropped.
pub(super) struct Reservation {
    memory: Arc<MemoryManager>,
    rdd: Option<RddId>,
    bytes: u64,
}

impl Reservation {
    pub(super) fn new(memory: &Arc<MemoryManager>, rdd: Option<RddId>) -> Self {
        Self { memory: Arc::clone(memory), rdd, bytes: 0 }
    }

    /// Makes sure of `size` bytes, with room to grow if there is any. `false` when there is not enough.
    pub(super) fn cover(&mut self, size: u64) -> bool {
        if size <= self.bytes {
            return true;
        }
        let roomy = (size + size / 2).max(FIRST_RESERVATION);
        self.grow_to(roomy) || self.grow_to(size)
    }

    /// Makes it exactly `size` bytes. `false` when there is not enough.
    pub(super) fn settle(&mut self, size: u64) -> bool {
        if size < self.bytes {
            self.memory.release_storage(self.bytes - size);
            self.bytes = size;
        }
        self.grow_to(size)
    }

    /// The bytes now belong to a stored block.
    pub(super) fn into_block(mut self) -> u64 {
        std::mem::take(&mut self.bytes)
    }

    fn grow_to(&mut self, size: u64) -> bool {
        let more = size.saturating_sub(self.bytes);
        let granted = more == 0 || self.memory.acquire_storage(more, self.rdd);
        if granted {
            self.bytes += more;
        }
        granted
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.memory.release_storage(self.bytes);
    }
}

/// Bytes of a vector whose records hold `heap` beside their own bytes.
pub(super) fn memory_of<T>(values: &Vec<T>, heap: &HeapEstimate) -> u64 {
    (values.capacity() * size_of::<T>()) as u64 + heap.bytes()
}
