//! Where the tasks of a stage like to run. Spark: `getPreferredLocsInternal`,
//! `MapOutputTrackerMaster.getLocationsWithLargestOutputs`.
//!
//! Spark prefers the host of a large shuffle input. Ours prefers the executor, because nobody else serves its blocks,
//! but waits only for the host, as Spark does.

use std::collections::BTreeMap;

use hearth_types::{ExecutorId, MapSizes, RddId, RddInfo, ShuffleId, StageId};

use super::DagScheduler;
use super::stage::{Kind, Lineage, is_persisted, narrow_parents, shuffles_read};
use crate::seam::{Location, Locations, Positions};

/// Shuffle locality is looked at below so many maps and reduces.
const SHUFFLE_PREFERENCE_BELOW: u32 = 1_000;

/// An executor is preferred from this part of a reduce task's input on: one fifth.
const SHUFFLE_FRACTION: u64 = 5;

/// Executors with much input, by shuffle and reduce partition.
type ReduceLocations = BTreeMap<ShuffleId, Vec<Vec<ExecutorId>>>;

impl DagScheduler {
    /// Preferred places by task index; `None` when no task can have any.
    pub(super) fn preferred_locations(
        &self,
        stage: StageId,
        positions: &Positions,
        partitions: Option<&[u32]>,
    ) -> Option<Locations> {
        let stage = self.stages.get(&stage)?;
        let pipeline = stage.lineage.pipeline(stage.rdd, |_| true);
        let reduces: ReduceLocations = pipeline
            .iter()
            .flat_map(|info| shuffles_read(info))
            .filter_map(|shuffle| Some((shuffle, self.reduce_locations(shuffle)?)))
            .collect();
        let may_prefer = |info: &&RddInfo| {
            !info.preferred_hosts.is_empty()
                || is_persisted(info) && self.cache.cached_partitions(info.id) > 0
        };
        if reduces.is_empty() && !pipeline.iter().any(may_prefer) {
            return None;
        }
        let mut known = BTreeMap::from([(Vec::new(), 0)]);
        let mut of = Vec::with_capacity(positions.len() as usize);
        for index in 0..positions.len() {
            let position = positions.position(index);
            let partition = partitions.map_or(Some(position), |list| list.get(position as usize).copied());
            let places =
                partition.map_or_else(Vec::new, |p| self.places(&stage.lineage, stage.rdd, p, &reduces));
            let next = known.len();
            of.push(u32::try_from(*known.entry(places).or_insert(next)).unwrap_or(0));
        }
        let mut lists: Vec<Box<[Location]>> = vec![Box::default(); known.len()];
        for (places, at) in known {
            if let Some(list) = lists.get_mut(at) {
                *list = places.into();
            }
        }
        (lists.len() > 1).then_some(Locations { lists, of })
    }

    /// Places of one partition: its cache, its own preference, else the first narrow parent that has any.
    fn places(
        &self,
        lineage: &Lineage,
        rdd: RddId,
        partition: u32,
        reduces: &ReduceLocations,
    ) -> Vec<Location> {
        let mut stack = vec![(rdd, partition)];
        let mut seen: Vec<(RddId, u32)> = Vec::new();
        while let Some((rdd, partition)) = stack.pop() {
            if seen.contains(&(rdd, partition)) {
                continue;
            }
            seen.push((rdd, partition));
            let Some(info) = lineage.get(rdd) else { continue };
            if is_persisted(info) {
                let cached: Vec<_> = self.cache.locations(rdd, partition).map(Location::Cached).collect();
                if !cached.is_empty() {
                    return cached;
                }
            }
            let hosts = info.preferred_hosts.get(partition as usize).map(Vec::as_slice).unwrap_or_default();
            if !hosts.is_empty() {
                return hosts.iter().cloned().map(Location::Host).collect();
            }
            let inputs =
                shuffles_read(info).filter_map(|shuffle| reduces.get(&shuffle)?.get(partition as usize));
            if let Some(large) = inputs.into_iter().find(|executors| !executors.is_empty()) {
                return large.iter().copied().map(Location::Shuffle).collect();
            }
            let parents = stack.len();
            stack.extend(narrow_parents(info, partition));
            if let Some(new) = stack.get_mut(parents..) {
                new.reverse();
            }
        }
        Vec::new()
    }

    /// For each reduce partition the executors that hold a fifth of its input or more; `None` when that is not looked at.
    fn reduce_locations(&self, shuffle: ShuffleId) -> Option<Vec<Vec<ExecutorId>>> {
        let stage = self.stages.get(self.shuffle_stages.get(&shuffle)?)?;
        let Kind::ShuffleMap { maps, reduces, .. } = &stage.kind else { return None };
        if !self.conf.reduce_locality
            || *maps >= SHUFFLE_PREFERENCE_BELOW
            || *reduces >= SHUFFLE_PREFERENCE_BELOW
        {
            return None;
        }
        let mut by_executor: BTreeMap<ExecutorId, Vec<u64>> = BTreeMap::new();
        let mut totals = vec![0u64; *reduces as usize];
        let table = size_table();
        for output in self.map_outputs.outputs(shuffle)?.iter().flatten() {
            let codes = match &output.sizes {
                MapSizes::Each(codes) => Some(codes),
                MapSizes::Mean { .. } => None,
            };
            let sums = by_executor.entry(output.executor).or_insert_with(|| vec![0; *reduces as usize]);
            for ((reduce, sum), total) in (0..*reduces).zip(sums).zip(&mut totals) {
                let code = codes.and_then(|codes| codes.get(reduce as usize));
                let size = match code {
                    Some(code) => table[usize::from(*code)],
                    None => output.sizes.size(reduce),
                };
                *sum += size;
                *total += size;
            }
        }
        let large = |reduce: usize, total: u64| {
            let holds = move |sums: &Vec<u64>| {
                sums.get(reduce).is_some_and(|sum| *sum > 0 && sum.saturating_mul(SHUFFLE_FRACTION) >= total)
            };
            by_executor.iter().filter(|(_, sums)| holds(sums)).map(|(executor, _)| *executor).collect()
        };
        Some(totals.iter().enumerate().map(|(reduce, total)| large(reduce, *total)).collect())
    }
}

/// Bytes by size code, because there may be a million codes to look at.
fn size_table() -> [u64; 256] {
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    let sizes = MapSizes::Each(codes.into());
    let mut table = [0; 256];
    for (code, size) in (0u32..).zip(&mut table) {
        *size = sizes.size(code);
    }
    table
}
