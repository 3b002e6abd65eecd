//! The job that most tests run, its answer, and what a test says about the tasks.

use std::collections::{BTreeMap, BTreeSet};

use hearth::State;
use hearth::prelude::*;
use hearth_tests::faults::{Cluster, History, Note};
use hearth_types::ExecutorId;

/// What becomes of a partition on which nothing happens.
pub(crate) const UNHARMED: &[&str] = &["success"];

/// Nobody waits.
pub(crate) const NONE: u32 = u32::MAX;

/// The sum of the numbers below 600 with each last digit.
pub(crate) fn sums() -> BTreeMap<i64, i64> {
    let mut sums = BTreeMap::new();
    for n in 0..600 {
        *sums.entry(n % 10).or_default() += n;
    }
    sums
}

pub(crate) fn sorted(sums: Vec<(i64, i64)>) -> BTreeMap<i64, i64> {
    sums.into_iter().collect()
}

/// Six partitions of numbers by their last digit. Those from `first` on wait at the gate `map`.
pub(crate) fn pairs(cluster: &Cluster, first: u32) -> Rdd<(i64, i64)> {
    let numbers = cluster.sc().range(0, 600, 1, 6);
    numbers.map_partitions_with((cluster.notes(), first), |state, records| {
        let (notes, first) = &*state;
        if notes.write("map") >= *first {
            notes.wait_at("map");
        }
        records.map(|n| (n % 10, n))
    })
}

/// One reduce task that waits at the gate `reduce` before it asks for its inputs.
pub(crate) fn waiting_reduce(cluster: &Cluster) -> Rdd<(i64, i64)> {
    let gate = cluster.sc().range(0, 1, 1, 1).map_partitions_with(cluster.notes(), |notes, _| {
        notes.write("reduce");
        notes.wait_at("reduce");
        Vec::new()
    });
    gate.union(&pairs(cluster, NONE).reduce_by_key(|a, b| a + b, 3)).coalesce(1)
}

/// Four partitions of the numbers below 600, after a shuffle, noted as `made`. What a partition holds is made by `make` of the
/// sorted numbers and of whether it is made for the first time.
///
/// The first two tasks meet, so that each executor has one of them.
pub(crate) fn made_again<T: State + Clone>(
    cluster: &Cluster,
    make: impl Fn(Vec<i64>, bool) -> Vec<T> + Copy + Send + Sync + 'static,
) -> Rdd<T> {
    let pairs = cluster.sc().range(0, 600, 1, 6).map(|n| (n, ()));
    let numbers = pairs.partition_by(HashPartitioner::new(4)).keys();
    numbers.map_partitions_with(cluster.notes(), move |notes, records| {
        let mut numbers: Vec<i64> = records.collect();
        numbers.sort_unstable();
        notes.meet("made", 2);
        let partition = TaskContext::get().unwrap().partition_id();
        make(numbers, notes.once(&format!("made-first-{partition}")))
    })
}

/// Kills the executor that computes partition 3 of what an action wants, when the tasks of `stage` have done all others.
pub(crate) fn kill_when_all_but_one_are_done<T: State + Clone, R: Send + 'static>(
    cluster: &Cluster,
    rdd: &Rdd<T>,
    stage: u32,
    action: impl FnOnce(Rdd<T>) -> R + Send + 'static,
) -> R {
    let read = rdd.map_partitions_with(cluster.notes(), |notes, records| {
        let records: Vec<T> = records.collect();
        if notes.write("read") == 3 {
            notes.wait_at("read");
        }
        records
    });
    let job = cluster.run(move || action(read));
    let victim = cluster.wait_for("read", 3, 0).executor;
    cluster.events().wait_for("all others", |heard| {
        let stage = History::of(heard).stage(stage);
        (stage.len() == 3 && stage.values().all(|ends| ends == UNHARMED)).then_some(())
    });
    assert!(!lost_on(&cluster.notes().read("made"), victim).is_empty(), "it has made some");
    cluster.kill(victim);
    cluster.notes().open("read");
    job.result()
}

/// One of these two, and then the other.
pub(crate) fn other_of(all: &[ExecutorId], one: ExecutorId) -> ExecutorId {
    *all.iter().find(|executor| **executor != one).unwrap()
}

pub(crate) fn lost_on(notes: &[Note], executor: ExecutorId) -> BTreeSet<u32> {
    notes.iter().filter(|note| note.executor == executor).map(|note| note.partition).collect()
}

/// Checks what became of every partition of a stage: `harmed` of these, nothing of the rest.
pub(crate) fn check_stage(
    history: &History,
    stage: u32,
    partitions: u32,
    harmed: &[(BTreeSet<u32>, &[&str])],
) {
    let found = history.stage(stage);
    assert_eq!(found.len(), partitions as usize, "{history:#?}");
    for (partition, ends) in found {
        let expected =
            harmed.iter().find(|(of, _)| of.contains(&partition)).map_or(UNHARMED, |(_, ends)| *ends);
        assert_eq!(ends, expected, "partition {partition} of stage {stage}: {history:#?}");
    }
}
