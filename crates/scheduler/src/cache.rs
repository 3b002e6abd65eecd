//! Where cached partitions are. Spark: the part of `BlockManagerMaster` that `DAGScheduler.getCacheLocs` asks.

use std::collections::{BTreeMap, BTreeSet};

use hearth_types::{BlockUpdate, ExecutorId, RddId, ShuffleId};

/// Locations of cached partitions. Outlives jobs.
#[derive(Debug, Default)]
pub(crate) struct CacheLocations {
    rdds: BTreeMap<RddId, CachedRdd>,
    by_executor: BTreeMap<ExecutorId, BTreeSet<(RddId, u32)>>,
    /// The shuffles that partitions of an RDD are computed from, for each that is persisted.
    reads: BTreeMap<RddId, BTreeSet<ShuffleId>>,
    /// RDDs whose partitions were forgotten, while some executor may not know.
    forgotten: BTreeMap<RddId, Forgotten>,
}

/// What was forgotten at an epoch.
#[derive(Debug)]
struct Forgotten {
    epoch: u64,
    /// Executors that have not ended a task of this epoch yet: what they say that they store may be of before.
    unaware: BTreeSet<ExecutorId>,
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
        if level.is_valid() && self.forgotten.get(&rdd).is_some_and(|of| of.unaware.contains(&executor)) {
            return;
        }
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

    /// A job uses a persisted RDD. `reads` says from which shuffles its partitions are computed, if that is not known.
    pub(crate) fn note_reads(&mut self, rdd: RddId, reads: impl FnOnce() -> BTreeSet<ShuffleId>) {
        self.reads.entry(rdd).or_insert_with(reads);
    }

    /// These shuffles are not any more what partitions were computed from: forgets those, and returns of which RDDs.
    /// Until they are known to have heard of it, executors are not believed that they store others.
    pub(crate) fn forget_made_of(
        &mut self,
        shuffles: &BTreeSet<ShuffleId>,
        executors: &BTreeSet<ExecutorId>,
        epoch: u64,
    ) -> Vec<RddId> {
        let made_of = self.reads.iter().filter(|(_, reads)| !reads.is_disjoint(shuffles));
        let rdds: Vec<RddId> = made_of.map(|(rdd, _)| *rdd).collect();
        for &rdd in &rdds {
            self.remove_blocks(rdd);
            self.forgotten.insert(rdd, Forgotten { epoch, unaware: executors.clone() });
        }
        rdds
    }

    /// A task of this epoch has ended on the executor, which therefore knows what was forgotten before.
    pub(crate) fn on_heard(&mut self, executor: ExecutorId, epoch: u64) {
        self.forgotten.retain(|_, of| {
            if of.epoch <= epoch {
                of.unaware.remove(&executor);
            }
            !of.unaware.is_empty()
        });
    }

    /// The RDD is no longer persisted.
    pub(crate) fn remove_rdd(&mut self, rdd: RddId) {
        self.reads.remove(&rdd);
        self.forgotten.remove(&rdd);
        self.remove_blocks(rdd);
    }

    fn remove_blocks(&mut self, rdd: RddId) {
        for (partition, executor) in self.rdds.remove(&rdd).unwrap_or_default().blocks {
            if let Some(blocks) = self.by_executor.get_mut(&executor) {
                blocks.remove(&(rdd, partition));
            }
        }
    }

    /// The executor is gone with its blocks.
    pub(crate) fn remove_executor(&mut self, executor: ExecutorId) {
        self.on_heard(executor, u64::MAX);
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
    #[test]
    fn an_executor_is_believed_again_when_it_has_ended_a_task_of_the_epoch() {
        let mut cache = CacheLocations::default();
        let (a, b, new) = (ExecutorId(0), ExecutorId(1), ExecutorId(2));
        let (shuffle, other) = (ShuffleId(0), ShuffleId(1));
        cache.note_reads(RddId(1), || BTreeSet::from([shuffle]));
        cache.update(a, &update(0, StorageLevel::MEMORY_ONLY));
        assert!(cache.forget_made_of(&BTreeSet::from([other]), &BTreeSet::from([a, b]), 4).is_empty());
        assert_eq!(cache.forget_made_of(&BTreeSet::from([shuffle]), &BTreeSet::from([a, b]), 5), [RddId(1)]);
        assert!(!cache.holds_any(a));
        cache.on_heard(a, 4);
        for executor in [a, b, new] {
            cache.update(executor, &update(0, StorageLevel::MEMORY_ONLY));
        }
        assert_eq!(cache.locations(RddId(1), 0).collect::<Vec<_>>(), [new], "it never had others");
        cache.on_heard(a, 5);
        cache.update(a, &update(0, StorageLevel::MEMORY_ONLY));
        assert_eq!(cache.locations(RddId(1), 0).collect::<Vec<_>>(), [a, new]);
        cache.remove_executor(b);
        assert!(cache.forgotten.is_empty(), "nobody is left who may not know");
    }
}
