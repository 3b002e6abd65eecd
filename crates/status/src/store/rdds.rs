//! Persisted RDDs and where their partitions are. Spark: `LiveRDD`.

use std::collections::BTreeMap;

use hearth_types::{BlockUpdate, ExecutorId, RddId, RddInfo, StageInfo};

use super::data::{RddBlock, RddData};
use super::executors::BlockChange;

#[derive(Debug, Default)]
pub(super) struct Rdds {
    kept: BTreeMap<RddId, Rdd>,
}

#[derive(Debug)]
struct Rdd {
    info: RddInfo,
    /// Sizes in memory and on disk of each copy.
    blocks: BTreeMap<(u32, ExecutorId), (u64, u64)>,
}

impl Rdds {
    pub(super) fn all(&self) -> Vec<RddData> {
        self.kept.values().map(Rdd::data).collect()
    }

    pub(super) fn get(&self, rdd: RddId) -> Option<RddData> {
        self.kept.get(&rdd).map(Rdd::data)
    }

    pub(super) fn on_stage_submitted(&mut self, stage: &StageInfo) {
        for info in stage.rdds.iter().filter(|rdd| rdd.storage_level.is_valid()) {
            if !self.kept.contains_key(&info.id) {
                let info = RddInfo { preferred_hosts: Vec::new(), dependencies: Vec::new(), ..info.clone() };
                self.kept.insert(info.id, Rdd { info, blocks: BTreeMap::new() });
            }
        }
    }

    pub(super) fn on_block_updated(&mut self, executor: ExecutorId, update: &BlockUpdate) -> BlockChange {
        let Some(rdd) = self.kept.get_mut(&update.rdd) else { return BlockChange::default() };
        let key = (update.partition, executor);
        if update.level.is_valid() {
            let now = (update.memory_size, update.disk_size);
            let before = rdd.blocks.insert(key, now);
            let (memory, disk) = before.unwrap_or_default();
            BlockChange {
                blocks: i64::from(before.is_none()),
                memory: signed(now.0) - signed(memory),
                disk: signed(now.1) - signed(disk),
            }
        } else {
            rdd.blocks.remove(&key).map(gone).unwrap_or_default()
        }
    }

    /// Forgets the RDD; what that takes from which executor.
    pub(super) fn on_unpersist(&mut self, rdd: RddId) -> Vec<(ExecutorId, BlockChange)> {
        let Some(rdd) = self.kept.remove(&rdd) else { return Vec::new() };
        rdd.blocks.into_iter().map(|((_, executor), sizes)| (executor, gone(sizes))).collect()
    }

    pub(super) fn on_executor_gone(&mut self, executor: ExecutorId) {
        for rdd in self.kept.values_mut() {
            rdd.blocks.retain(|(_, holder), _| *holder != executor);
        }
    }
}

impl Rdd {
    fn data(&self) -> RddData {
        let blocks: Vec<RddBlock> = self
            .blocks
            .iter()
            .map(|(&(partition, executor), &(memory_size, disk_size))| RddBlock {
                partition,
                executor,
                memory_size,
                disk_size,
            })
            .collect();
        let repeated = blocks.windows(2).filter(|pair| pair[0].partition == pair[1].partition).count();
        RddData {
            rdd: self.info.id,
            name: self.info.name.clone(),
            partitions: self.info.partitions,
            storage_level: self.info.storage_level,
            cached_partitions: u32::try_from(blocks.len() - repeated).unwrap_or(u32::MAX),
            memory_used: blocks.iter().map(|block| block.memory_size).fold(0, u64::saturating_add),
            disk_used: blocks.iter().map(|block| block.disk_size).fold(0, u64::saturating_add),
            blocks,
        }
    }
}

fn gone((memory, disk): (u64, u64)) -> BlockChange {
    BlockChange { blocks: -1, memory: -signed(memory), disk: -signed(disk) }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
