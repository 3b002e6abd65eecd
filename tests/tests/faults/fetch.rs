//! An executor is killed whose map outputs are about to be fetched, or are being fetched.

use std::collections::BTreeSet;

use hearth::prelude::*;
use hearth_tests::faults::{Cluster, History};
use hearth_types::TaskEndReason;
use serde::{Deserialize, Serialize};

use crate::common::{UNHARMED, check_stage, lost_on, other_of, sorted, sums, waiting_reduce};

#[test]
fn killed_before_a_fetch_costs_its_map_outputs_and_the_task_that_wants_them() {
    let cluster = Cluster::start(2);
    let all = cluster.executors();
    let reduce = waiting_reduce(&cluster);
    let job = cluster.run(move || reduce.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    let victim = other_of(&all, reader);
    let lost = lost_on(&cluster.notes().read("map"), victim);
    assert!(!lost.is_empty() && lost.len() < 6, "both have map outputs");
    cluster.kill(victim);
    cluster.notes().open("reduce");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    check_stage(&history, 0, 6, &[(lost, &["success", "success"])]);
    check_stage(&history, 1, 1, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
    let TaskEndReason::FetchFailed { message, .. } = &history.ends(1, 0)[0] else { panic!("{history:#?}") };
    assert!(message.contains("Missing an output location for shuffle 0"), "{message}");
}

#[test]
fn killed_before_a_fetch_from_two_shuffles_costs_its_outputs_of_both() {
    let cluster = Cluster::start(2);
    let all = cluster.executors();
    let gate = cluster.sc().range(0, 1, 1, 1).map_partitions_with(cluster.notes(), |notes, _| {
        notes.write("reduce");
        notes.wait_at("reduce");
        Vec::new()
    });
    // The first two tasks of each meet, so that each executor has made one of them.
    let left = cluster.sc().range(0, 600, 1, 6).map_partitions_with(cluster.notes(), |notes, records| {
        notes.meet("map", 2);
        records.map(|n| (n % 10, n))
    });
    let right = cluster.sc().range(0, 100, 1, 5).map_partitions_with(cluster.notes(), |notes, records| {
        notes.meet("right", 2);
        records.map(|n| (n % 20, 1))
    });
    let left = left.reduce_by_key(|a, b| a + b, 2);
    let joined =
        left.join(&right.reduce_by_key(|a, b| a + b, 2), 2).map(|(digit, (sum, count))| (digit, sum * count));
    let reduce = gate.union(&joined).coalesce(1);
    let job = cluster.run(move || reduce.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    let victim = other_of(&all, reader);
    cluster.kill(victim);
    let (lost, lost_right) =
        (lost_on(&cluster.notes().read("map"), victim), lost_on(&cluster.notes().read("right"), victim));
    assert!(!lost.is_empty() && !lost_right.is_empty(), "it has outputs of both");
    cluster.notes().open("reduce");
    assert_eq!(
        sorted(job.result().unwrap()),
        sums().into_iter().map(|(digit, sum)| (digit, 5 * sum)).collect()
    );
    let history = cluster.history(1);
    // Which of the two map stages has the number 0 is not ours to say.
    let (left, right) = if history.stage(0).len() == 6 { (0, 1) } else { (1, 0) };
    check_stage(&history, left, 6, &[(lost, &["success", "success"])]);
    check_stage(&history, right, 5, &[(lost_right, &["success", "success"])]);
    check_stage(&history, 2, 1, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
}

/// To the partition that the key names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ByNumber(u32);

impl Partitioner<u32> for ByNumber {
    fn partitions(&self) -> u32 {
        self.0
    }
    fn partition(&self, key: &u32) -> u32 {
        *key
    }
}

/// The length of one large record, and how many of them each map task makes.
const LENGTH: usize = 60_000;

const LARGE: i64 = 400;

/// Two map outputs, each with 24 MB for the first reduce partition, which cannot all be under way, and little for the second.
fn large_and_small(cluster: &Cluster) -> Rdd<(u32, String)> {
    let pairs = cluster.sc().range(0, 2, 1, 2).map_partitions_with(cluster.notes(), |notes, records| {
        notes.write("map");
        records.flat_map(|n| {
            let large = (n * LARGE..(n + 1) * LARGE).map(|number| (0, format!("{number:LENGTH$}")));
            large.chain([(1, n.to_string())])
        })
    });
    pairs.partition_by(ByNumber(2))
}

#[test]
fn killed_during_a_fetch_costs_its_map_outputs_and_the_task_that_reads_them() {
    kill_during_a_fetch("64m");
}

#[test]
fn killed_during_a_fetch_from_files_costs_the_same() {
    kill_during_a_fetch("0");
}

/// With map outputs of up to `in_memory` in memory, the others in files.
fn kill_during_a_fetch(in_memory: &str) {
    let settings = [
        ("spark.reducer.maxSizeInFlight", "1m"),
        ("spark.shuffle.compress", "false"),
        ("spark.hearth.shuffle.maxInMemorySize", in_memory),
    ];
    let cluster = Cluster::with(2, &settings);
    let all = cluster.executors();
    let numbers = large_and_small(&cluster).map_partitions_with(cluster.notes(), |notes, mut records| {
        // One record has come, and by far not all can be here.
        let first = records.next();
        if notes.write("reduce") == 0 {
            notes.wait_at("reduce");
        }
        first.into_iter().chain(records).map(|(_, text)| text.trim_start().parse::<i64>().unwrap())
    });
    let job = cluster.run(move || numbers.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    // The small partition is done before anything happens.
    cluster.events().wait_for("the end of the small partition", |heard| {
        (History::of(heard).stage(1).get(&1)? == UNHARMED).then_some(())
    });
    let victim = other_of(&all, reader);
    let lost = lost_on(&cluster.notes().read("map"), victim);
    assert_eq!(lost.len(), 1);
    cluster.kill(victim);
    cluster.notes().open("reduce");
    let mut numbers = job.result().unwrap();
    numbers.sort_unstable();
    let mut expected: Vec<i64> = (0..2 * LARGE).chain(0..2).collect();
    expected.sort_unstable();
    assert_eq!(numbers, expected);
    let history = cluster.history(1);
    check_stage(&history, 0, 2, &[(lost.clone(), &["success", "success"])]);
    check_stage(&history, 1, 2, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
    let TaskEndReason::FetchFailed { from, map_index, .. } = &history.ends(1, 0)[0] else {
        panic!("{history:#?}")
    };
    assert_eq!((*from, *map_index), (Some(victim), lost.first().copied()));
}
