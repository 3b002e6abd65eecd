//! The blocks of one process: cached partitions, broadcasts, task results, map outputs. Spark: `BlockManager`.
//!
//! Ours is one table under one lock for where blocks are; bytes and values are read outside of it, through shared
//! handles, so a block may be removed or evicted while somebody still reads it.

mod disk;
mod evict;
mod get;
mod put;
mod remove;
mod table;
mod unroll;
mod values;

pub use get::BlockRecords;
pub use put::Put;
pub use remove::Removed;

pub(crate) use disk::{DiskStore, delete_file, persist, temporary_beside};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use hearth_types::{BlockId, BlockUpdate, ExecutorId};
use parking_lot::{Mutex, RwLock};

use crate::Result;
use crate::codec::{Compression, Framing};
use crate::memory::{Evict, MemoryManager};
use crate::shuffle::ShuffleOutputs;
use table::{Block, BlockTable};

/// What a block manager is made with.
#[derive(Clone, Debug)]
pub struct BlockManagerConf {
    /// Whose blocks these are.
    pub executor: ExecutorId,
    /// The directory for its files; made if it is not there, deleted by `stop` with all that is in it.
    pub local_dir: PathBuf,
    /// The memory that blocks and tasks share.
    pub memory: Arc<MemoryManager>,
    /// How map outputs and spills on disk are compressed.
    pub compression: Compression,
    /// Whether frames carry checksums (`spark.shuffle.checksum.enabled`).
    pub checksum: bool,
    /// Map outputs up to this many bytes stay in memory if there is room (`spark.hearth.shuffle.maxInMemorySize`).
    pub shuffle_max_in_memory: u64,
}

impl BlockManagerConf {
    /// With Spark's defaults for the rest, and map outputs up to 64 MiB in memory.
    pub fn new(executor: ExecutorId, local_dir: PathBuf, memory: Arc<MemoryManager>) -> Self {
        Self {
            executor,
            local_dir,
            memory,
            compression: Compression::Lz4,
            checksum: true,
            shuffle_max_in_memory: 64 << 20,
        }
    }
}

/// Keeps the blocks of one process, in memory and on disk.
pub struct BlockManager {
    executor: ExecutorId,
    memory: Arc<MemoryManager>,
    framing: Framing,
    shuffle_max_in_memory: u64,
    disk: DiskStore,
    table: Mutex<BlockTable>,
    shuffles: RwLock<ShuffleOutputs>,
    updates: Mutex<Vec<BlockUpdate>>,
    /// For iterators that outlive a call.
    this: Weak<Self>,
}

impl std::fmt::Debug for BlockManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockManager")
            .field("executor", &self.executor)
            .field("disk", &self.disk)
            .finish_non_exhaustive()
    }
}

impl BlockManager {
    /// Makes the local directory and registers with the memory manager as the one who can evict.
    pub fn new(conf: BlockManagerConf) -> Result<Arc<Self>> {
        let disk = DiskStore::new(conf.local_dir)?;
        let manager = Arc::new_cyclic(|this: &Weak<Self>| Self {
            executor: conf.executor,
            memory: conf.memory,
            framing: Framing { compression: conf.compression, checksum: conf.checksum },
            shuffle_max_in_memory: conf.shuffle_max_in_memory,
            disk,
            table: Mutex::default(),
            shuffles: RwLock::default(),
            updates: Mutex::default(),
            this: Weak::clone(this),
        });
        let evictor: Weak<dyn Evict> = Arc::downgrade(&manager) as Weak<dyn Evict>;
        manager.memory.set_evictor(evictor);
        Ok(manager)
    }

    /// Whose blocks these are.
    pub fn executor(&self) -> ExecutorId {
        self.executor
    }

    /// The memory that blocks and tasks share.
    pub fn memory(&self) -> &Arc<MemoryManager> {
        &self.memory
    }

    /// Where files are.
    pub fn local_dir(&self) -> &Path {
        self.disk.root()
    }

    /// Has `send` pass on what happened to cached partitions since the last call, oldest first.
    /// Nobody else is given what happens later before it returns, so what is told first is sent first; it must not wait,
    /// nor use the block manager.
    pub fn hand_over_updates<R>(&self, send: impl FnOnce(Vec<BlockUpdate>) -> R) -> R {
        let mut updates = self.updates.lock();
        send(std::mem::take(&mut *updates))
    }

    /// The cached partitions, broadcasts and task results that are here, in the order of their names.
    pub fn blocks(&self) -> Vec<BlockId> {
        self.table.lock().names().filter(|block| !matches!(block, BlockId::Shuffle { .. })).collect()
    }

    /// Forgets all blocks and deletes the local directory. What is being read stays readable to its end.
    pub fn stop(&self) {
        *self.shuffles.write() = BTreeMap::new();
        let freed = self.table.lock().clear();
        self.memory.release_storage(freed);
        self.disk.delete_all();
    }

    pub(crate) fn framing(&self) -> Framing {
        self.framing
    }

    pub(crate) fn disk(&self) -> &DiskStore {
        &self.disk
    }

    pub(crate) fn shuffle_max_in_memory(&self) -> u64 {
        self.shuffle_max_in_memory
    }

    pub(crate) fn shuffles(&self) -> &RwLock<ShuffleOutputs> {
        &self.shuffles
    }

    /// Notes that a cached partition changed; `None` when it is gone.
    fn note(&self, name: BlockId, block: Option<&Block>) {
        let BlockId::Rdd { rdd, partition } = name else { return };
        let (level, memory_size, disk_size) = block.map(Block::place).unwrap_or_default();
        self.updates.lock().push(BlockUpdate { rdd, partition, level, memory_size, disk_size });
    }
}

impl Drop for BlockManager {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
