//! Where spills go and whose memory they save.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::block::BlockManager;
use crate::memory::TaskMemory;
use crate::shuffle::SpillMetrics;

/// Where the spills of one task go, what memory it has, and how much was spilled. Clones share the figures.
#[derive(Clone, Debug)]
pub struct SpillContext {
    blocks: Arc<BlockManager>,
    memory: TaskMemory,
    spilled: Arc<Mutex<SpillMetrics>>,
}

impl SpillContext {
    /// Spills go below the local directory of `blocks`.
    pub fn new(blocks: &Arc<BlockManager>, memory: &TaskMemory) -> Self {
        Self { blocks: Arc::clone(blocks), memory: memory.clone(), spilled: Arc::default() }
    }

    /// What was spilled through this context and its clones.
    pub fn metrics(&self) -> SpillMetrics {
        *self.spilled.lock()
    }

    pub(super) fn blocks(&self) -> &BlockManager {
        &self.blocks
    }

    pub(super) fn memory(&self) -> &TaskMemory {
        &self.memory
    }

    pub(super) fn note(&self, memory_bytes_spilled: u64, disk_bytes_spilled: u64) {
        *self.spilled.lock() += SpillMetrics { memory_bytes_spilled, disk_bytes_spilled };
    }
}
