//! Where cached partitions are. Spark: the part of `BlockManagerMaster` that `DAGScheduler.getCacheLocs` asks.

use std::collections::{BTreeMap, BTreeSet};

use hearth_types::{BlockUpdate, ExecutorId, RddId};

/// Locations of cached partitions. Outlives jobs.
#[derive(Debug, Default)]
pub(crate) struct CacheLocations {
    rdds: BTreeMap<RddId, CachedRdd>,
    by_executor: BTreeMap<ExecutorId, BTreeSet<(RddId, u32)>>,
}

#[derive(Debug, Default)]
struct CachedRdd {
    blocks: BTreeSet<(u32, ExecutorId)>,
    partitions: u32,
}

impl CachedRdd {
    fn on(&self, partition: u32) -> impl Iterator<Item = ExecutorId> + '_ {
        self.blocks
            .range((partition, ExecutorId(0))..=(partition, ExecutorId::DRIVER))
            .map(|(_, executor)| *executor)
    }

    fn remove(&mut self, partition: u32, executor: ExecutorId) {
        if self.blocks.remove(&(partition, executor)) && self.on(partition).next().is_none() {
            self.partitions -= 1;
        }
    }
}

impl CacheLocations {
    /// A partition appeared, moved or went.
    pub(crate) fn update(&mut self, executor: ExecutorId, update: &BlockUpdate) {
        let BlockUpdate { rdd, partition, level, memory_size: _, disk_size: _ } = *update;
        if level.is_valid() {
            let cached = self.rdds.entry(rdd).or_default();
            let first = cached.on(partition).next().is_none();
            if cached.blocks.insert((partition, executor)) {
                cached.partitions += u32::from(first);
                self.by_executor.entry(executor).or_default().insert((rdd, partition));
            }
        } else {
            self.forget(rdd, partition, executor);
            if let Some(blocks) = self.by_executor.get_mut(&executor) {
                blocks.remove(&(rdd, partition));
            }
        }
    }

    /// The RDD is no longer persisted.
    pub(crate) fn remove_rdd(&mut self, rdd: RddId) {
        for (partition, executor) in self.rdds.remove(&rdd).unwrap_or_default().blocks {
            if let Some(blocks) = self.by_executor.get_mut(&executor) {
                blocks.remove(&(rdd, partition));
            }
        }
    }

    /// The executor is gone with its blocks.
    pub(crate) fn remove_executor(&mut self, executor: ExecutorId) {
        for (rdd, partition) in self.by_executor.remove(&executor).unwrap_or_default() {
            self.forget(rdd, partition, executor);
        }
    }

    fn forget(&mut self, rdd: RddId, partition: u32, executor: ExecutorId) {
        let Some(cached) = self.rdds.get_mut(&rdd) else { return };
        cached.remove(partition, executor);
        if cached.blocks.is_empty() {
            self.rdds.remove(&rdd);
        }
    }

    /// Executors that hold a partition, by id.
    pub(crate) fn locations(&self, rdd: RddId, partition: u32) -> impl Iterator<Item = ExecutorId> + '_ {
        self.rdds.get(&rdd).into_iter().flat_map(move |cached| cached.on(partition))
    }

    /// How many partitions of the RDD are cached somewhere.
    pub(crate) fn cached_partitions(&self, rdd: RddId) -> u32 {
        self.rdds.get(&rdd).map_or(0, |cached| cached.partitions)
    }

    /// Whether the executor holds any cached partition.
    pub(crate) fn holds_any(&self, executor: ExecutorId) -> bool {
        self.by_executor.get(&executor).is_some_and(|blocks| !blocks.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use hearth_types::StorageLevel;

    use super::*;

    fn update(partition: u32, level: StorageLevel) -> BlockUpdate {
        BlockUpdate { rdd: RddId(1), partition, level, memory_size: 1, disk_size: 0 }
    }

    #[test]
    fn a_partition_is_cached_until_its_last_holder_is_gone() {
        let mut cache = CacheLocations::default();
        let (a, b) = (ExecutorId(0), ExecutorId(1));
        for executor in [a, b, a] {
            cache.update(executor, &update(0, StorageLevel::MEMORY_ONLY));
        }
        assert_eq!(cache.cached_partitions(RddId(1)), 1);
        cache.remove_executor(a);
        assert_eq!(cache.locations(RddId(1), 0).collect::<Vec<_>>(), [b]);
        cache.update(b, &update(0, StorageLevel::NONE));
        assert_eq!((cache.cached_partitions(RddId(1)), cache.holds_any(b)), (0, false));
    }

    #[test]
    fn an_unpersisted_rdd_leaves_nothing() {
        let mut cache = CacheLocations::default();
        cache.update(ExecutorId(0), &update(3, StorageLevel::DISK_ONLY));
        cache.remove_rdd(RddId(1));
        assert!(!cache.holds_any(ExecutorId(0)) && cache.rdds.is_empty());
    }
}
