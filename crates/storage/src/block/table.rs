//! Where each block is, and which was used least recently. Spark: `BlockInfoManager` and `MemoryStore.entries`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hearth_types::{BlockId, RddId, StorageLevel, TaskId};

use super::disk::delete_file;
use super::values::CachedValues;
use crate::shuffle::MapOutput;

/// One block.
pub(super) struct Block {
    pub(super) level: StorageLevel,
    pub(super) memory: Option<InMemory>,
    pub(super) disk: Option<OnDisk>,
}

pub(super) struct InMemory {
    pub(super) data: MemoryData,
    /// Bytes of storage memory held.
    pub(super) size: u64,
    /// Its key in `BlockTable::recency`.
    used_at: u64,
    /// Somebody is moving it to disk.
    pub(super) is_leaving: bool,
}

/// Cheap to clone: whoever reads it holds its own handle.
#[derive(Clone)]
pub(super) enum MemoryData {
    Values(Arc<dyn CachedValues>),
    Bytes(Bytes),
    MapOutput(Arc<MapOutput>),
}

#[derive(Clone)]
pub(super) struct OnDisk {
    pub(super) path: PathBuf,
    /// Bytes of the file.
    pub(super) size: u64,
    /// CRC-32 of the file.
    pub(super) checksum: u32,
}

impl Block {
    /// Where it is, with the bytes in memory and on disk.
    pub(super) fn place(&self) -> (StorageLevel, u64, u64) {
        let level = StorageLevel {
            disk: self.disk.is_some(),
            memory: self.memory.is_some(),
            deserialized: self.memory.is_some() && self.level.deserialized,
        };
        let memory_size = self.memory.as_ref().map_or(0, |memory| memory.size);
        (level, memory_size, self.disk.as_ref().map_or(0, |disk| disk.size))
    }
}

/// All blocks, by name and by last use.
#[derive(Default)]
pub(super) struct BlockTable {
    blocks: BTreeMap<BlockId, Block>,
    /// Blocks in memory, the least recently used first.
    recency: BTreeMap<u64, BlockId>,
    clock: u64,
    /// RDDs whose partitions were forgotten, and the first task that may bring them anew.
    forgotten: BTreeMap<RddId, TaskId>,
}

impl BlockTable {
    pub(super) fn get(&self, name: BlockId) -> Option<&Block> {
        self.blocks.get(&name)
    }

    /// Finds a block and counts that as its use.
    pub(super) fn touch(&mut self, name: BlockId) -> Option<&mut Block> {
        let block = self.blocks.get_mut(&name)?;
        if let Some(memory) = &mut block.memory {
            self.recency.remove(&memory.used_at);
            self.clock += 1;
            memory.used_at = self.clock;
            self.recency.insert(self.clock, name);
        }
        Some(block)
    }

    /// From now on, only this task and later ones may bring partitions of the RDD; all may if it is `None`.
    pub(super) fn take_only_from(&mut self, rdd: RddId, first: Option<TaskId>) {
        match first {
            Some(first) => self.forgotten.insert(rdd, first),
            None => self.forgotten.remove(&rdd),
        };
    }

    /// Whether a block may be stored that a task has computed.
    pub(super) fn takes(&self, name: BlockId, by: Option<TaskId>) -> bool {
        match (name, by) {
            (BlockId::Rdd { rdd, .. }, Some(by)) => self.forgotten.get(&rdd).is_none_or(|first| by >= *first),
            (BlockId::Rdd { .. }, None)
            | (BlockId::Shuffle { .. } | BlockId::Broadcast(_) | BlockId::TaskResult(_), _) => true,
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = BlockId> + '_ {
        self.blocks.keys().copied()
    }

    pub(super) fn names_of_rdd(&self, rdd: RddId) -> Vec<BlockId> {
        self.blocks.range(partitions(rdd)).map(|(name, _)| *name).collect()
    }

    /// Adds what is in memory. The caller has made sure that the block is not in memory yet.
    pub(super) fn insert_memory(
        &mut self,
        name: BlockId,
        level: StorageLevel,
        data: MemoryData,
        size: u64,
    ) -> &Block {
        self.clock += 1;
        self.recency.insert(self.clock, name);
        let block = self.blocks.entry(name).or_insert(Block { level, memory: None, disk: None });
        block.memory = Some(InMemory { data, size, used_at: self.clock, is_leaving: false });
        block
    }

    pub(super) fn insert_disk(&mut self, name: BlockId, level: StorageLevel, disk: OnDisk) -> &Block {
        let block = self.blocks.entry(name).or_insert(Block { level, memory: None, disk: None });
        if let Some(old) = block.disk.replace(disk) {
            delete_file(&old.path);
        }
        block
    }

    /// Takes a block out of memory; forgets it if it is nowhere else.
    pub(super) fn take_memory(&mut self, name: BlockId) -> Option<InMemory> {
        let block = self.blocks.get_mut(&name)?;
        let memory = block.memory.take()?;
        self.recency.remove(&memory.used_at);
        if block.disk.is_none() {
            self.blocks.remove(&name);
        }
        Some(memory)
    }

    /// Takes the file at `path` from a block, if that is where it is; forgets the block if it is nowhere else.
    pub(super) fn take_disk(&mut self, name: BlockId, path: &Path) -> Option<OnDisk> {
        let block = self.blocks.get_mut(&name)?;
        let disk = block.disk.take_if(|disk| disk.path == path)?;
        if block.memory.is_none() {
            self.blocks.remove(&name);
        }
        Some(disk)
    }

    pub(super) fn remove(&mut self, name: BlockId) -> Option<Block> {
        let block = self.blocks.remove(&name)?;
        if let Some(memory) = &block.memory {
            self.recency.remove(&memory.used_at);
        }
        Some(block)
    }

    /// Blocks in memory that may be evicted, the least recently used first.
    pub(super) fn evictable(&self, spare: Option<RddId>) -> impl Iterator<Item = (BlockId, &InMemory)> + '_ {
        self.recency.values().filter_map(move |name| {
            let is_spared = matches!((name, spare), (BlockId::Rdd { rdd, .. }, Some(spare)) if *rdd == spare);
            let memory = self.blocks.get(name)?.memory.as_ref()?;
            (!is_spared && !memory.is_leaving).then_some((*name, memory))
        })
    }

    pub(super) fn get_mut(&mut self, name: BlockId) -> Option<&mut Block> {
        self.blocks.get_mut(&name)
    }

    /// Forgets everything; the bytes of memory that this frees.
    pub(super) fn clear(&mut self) -> u64 {
        let freed = self.blocks.values().filter_map(|block| Some(block.memory.as_ref()?.size)).sum();
        self.blocks.clear();
        self.recency.clear();
        freed
    }
}

fn partitions(rdd: RddId) -> RangeInclusive<BlockId> {
    BlockId::Rdd { rdd, partition: 0 }..=BlockId::Rdd { rdd, partition: u32::MAX }
}
