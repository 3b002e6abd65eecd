//! An executor is killed that has cached partitions.

use std::collections::{BTreeMap, BTreeSet};

use hearth_tests::faults::Cluster;

use crate::common::{NONE, check_stage, lost_on, pairs, sorted, sums};

#[test]
fn only_the_cached_partitions_of_a_killed_executor_are_computed_again() {
    let cluster = Cluster::start(2);
    let cached = pairs(&cluster, NONE).cache().unwrap();
    assert_eq!(cached.count().unwrap(), 600);
    assert_eq!(cached.count().unwrap(), 600);
    let once: BTreeMap<u32, usize> = (0..6).map(|partition| (partition, 1)).collect();
    assert_eq!(cluster.notes().count("map"), once, "the second time from the cache");
    let notes = cluster.notes().read("map");
    let victim = notes[0].executor;
    let lost = lost_on(&notes, victim);
    assert!(lost.len() < 6, "both have cached partitions");
    cluster.kill(victim);
    // With a free slot beside the one that has the others.
    cluster.wait_for_executors(2);
    let again: BTreeMap<u32, usize> = (0..6).map(|p| (p, if lost.contains(&p) { 2 } else { 1 })).collect();
    for _ in 0..2 {
        assert_eq!(sorted(cached.reduce_by_key(|a, b| a + b, 2).collect().unwrap()), sums());
        assert_eq!(
            cluster.notes().count("map"),
            again,
            "the first time only: {:?}",
            cluster.notes().read("map")
        );
    }
    cluster.history(4);
}

#[test]
fn killed_while_cached_partitions_are_read_costs_the_running_task_and_those_partitions() {
    let cluster = Cluster::start(2);
    let cached = pairs(&cluster, NONE).cache().unwrap();
    assert_eq!(cached.count().unwrap(), 600);
    let notes = cluster.notes().read("map");
    let slow = cached.map_partitions_with(cluster.notes(), |notes, records| {
        notes.write("read");
        notes.wait_at("read");
        records
    });
    let job = cluster.run(move || slow.collect());
    // Whoever reads partition 0 is the one that has it.
    let victim = cluster.wait_for("read", notes[0].partition, 0).executor;
    assert_eq!(victim, notes[0].executor);
    let lost = lost_on(&notes, victim);
    cluster.kill(victim);
    cluster.notes().open("read");
    assert_eq!(job.result().unwrap().len(), 600);
    let again: BTreeMap<u32, usize> = (0..6).map(|p| (p, if lost.contains(&p) { 2 } else { 1 })).collect();
    assert_eq!(cluster.notes().count("map"), again);
    check_stage(
        &cluster.history(2),
        1,
        6,
        &[(BTreeSet::from([notes[0].partition]), &["executor lost", "success"])],
    );
}
