//! Where the tasks of a stage like to run. Spark: `getPreferredLocsInternal`,
//! `MapOutputTrackerMaster.getLocationsWithLargestOutputs`.
//!
//! Spark prefers the host of a large shuffle input. Ours prefers the executor, because nobody else serves its blocks,
//! but waits only for the host, as Spark does.

use std::collections::{BTreeMap, BTreeSet};

use hearth_types::{ExecutorId, MapSizes, MapStatus, RddId, RddInfo, ShuffleId, StageId};

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
        // Where each has one parent there is one way to any of them, and nothing to remember.
        let (mut has_branches, mut seen) = (false, BTreeSet::new());
        while let Some((rdd, partition)) = stack.pop() {
            if has_branches && !seen.insert((rdd, partition)) {
                continue;
            }
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
                has_branches |= new.len() > 1;
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
        Some(largest_holders(self.map_outputs.outputs(shuffle)?, *reduces))
    }
}

/// For each reduce partition the executors that hold a fifth of its input or more, by id.
fn largest_holders(outputs: &[Option<MapStatus>], reduces: u32) -> Vec<Vec<ExecutorId>> {
    let table = size_table();
    let mut outputs: Vec<&MapStatus> = outputs.iter().flatten().collect();
    outputs.sort_by_key(|output| output.executor);
    let mut totals = vec![0; reduces as usize];
    for output in &outputs {
        add_sizes(&mut totals, &output.sizes, &table);
    }
    let least = totals.iter().copied().filter(|total| *total > 0).min().unwrap_or(0);
    let is_large = |size: u64, total: u64| size > 0 && size.saturating_mul(SHUFFLE_FRACTION) >= total;
    let mut holders = vec![Vec::new(); totals.len()];
    let mut sums = vec![0; totals.len()];
    for of_executor in outputs.chunk_by(|a, b| a.executor == b.executor) {
        // Among many executors most hold too little of everything, which their largest pieces show.
        let most = of_executor.iter().map(|output| largest_piece(&output.sizes, &table)).sum();
        let Some(first) = of_executor.first().filter(|_| is_large(most, least)) else { continue };
        sums.fill(0);
        for output in of_executor {
            add_sizes(&mut sums, &output.sizes, &table);
        }
        for ((sum, total), holders) in sums.iter().zip(&totals).zip(&mut holders) {
            if is_large(*sum, *total) {
                holders.push(first.executor);
            }
        }
    }
    holders
}

/// Adds the sizes of one map output's pieces, by reduce partition.
fn add_sizes(sums: &mut [u64], sizes: &MapSizes, table: &[u64; 256]) {
    match sizes {
        MapSizes::Each(codes) => {
            for (sum, code) in sums.iter_mut().zip(codes.iter()) {
                *sum += table[usize::from(*code)];
            }
        }
        MapSizes::Mean { .. } => {
            for (reduce, sum) in (0..).zip(sums) {
                *sum += sizes.size(reduce);
            }
        }
    }
}

/// No piece of a map output is larger.
fn largest_piece(sizes: &MapSizes, table: &[u64; 256]) -> u64 {
    let code = match sizes {
        MapSizes::Each(codes) => codes.iter().copied().max().unwrap_or(0),
        MapSizes::Mean { code, .. } => (*code).max(1),
    };
    table[usize::from(code)]
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

#[cfg(test)]
mod tests {
    use hearth_types::TaskId;

    use super::*;

    fn output(executor: u32, sizes: &[u64]) -> Option<MapStatus> {
        let (executor, sizes) = (ExecutorId(executor), MapSizes::from_bytes(sizes));
        Some(MapStatus { executor, map_task: TaskId(0), sizes })
    }

    #[test]
    fn an_executor_is_preferred_from_a_fifth_of_the_input_on_over_all_its_outputs() {
        let mut outputs =
            vec![None, output(3, &[100, 0, 40]), output(1, &[100, 0, 1]), output(3, &[100, 0, 1])];
        outputs.extend((4..14).map(|executor| output(executor, &[40, 0, 0])));
        let holders = largest_holders(&outputs, 4);
        let (one, three) = (ExecutorId(1), ExecutorId(3));
        assert_eq!(holders, [vec![three], vec![], vec![three], vec![]]);
        outputs.truncate(8);
        assert_eq!(largest_holders(&outputs, 1), [vec![one, three]]);
    }
}
