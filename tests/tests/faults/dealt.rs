//! An executor is killed that has dealt records to reduce partitions, of which some are done.
//!
//! What is lost is dealt again, here from records that come in another order, as they may after any shuffle.
//! The partitions that are done keep what they have, so each record must go where it went before.

use hearth::prelude::*;
use hearth_tests::faults::Cluster;

use crate::common::{kill_when_all_but_one_are_done, made_again};

/// Each partition comes backwards when it is computed again.
fn in_another_order_each_time(cluster: &Cluster) -> Rdd<i64> {
    made_again(cluster, |mut numbers, is_first| {
        if !is_first {
            numbers.reverse();
        }
        numbers
    })
}

/// Runs an action on `numbers.repartition(4)` and kills the executor that computes the last partition, when all others are
/// done.
fn kill_after_repartition<T: Send + 'static>(
    cluster: &Cluster,
    numbers: &Rdd<i64>,
    result_stage: u32,
    action: impl FnOnce(Rdd<i64>) -> T + Send + 'static,
) -> T {
    let result = kill_when_all_but_one_are_done(cluster, &numbers.repartition(4), result_stage, action);
    assert!(cluster.notes().count("made").values().any(|times| *times > 1), "and these were dealt again");
    result
}

/// Each number once.
fn check(mut numbers: Vec<i64>) {
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..600), "{numbers:?}");
}

#[test]
fn killed_after_a_repartition_of_shuffled_records_loses_and_doubles_none() {
    let cluster = Cluster::start(2);
    let numbers = in_another_order_each_time(&cluster);
    check(kill_after_repartition(&cluster, &numbers, 2, |results| results.collect()).unwrap());
    cluster.history(1);
}

#[test]
fn killed_after_a_repartition_of_cached_records_loses_and_doubles_none() {
    let cluster = Cluster::start(2);
    let numbers = in_another_order_each_time(&cluster).cache().unwrap();
    assert_eq!(numbers.count().unwrap(), 600);
    check(kill_after_repartition(&cluster, &numbers, 4, |results| results.collect()).unwrap());
    cluster.history(2);
}

#[test]
fn killed_while_repartitioned_records_are_saved_leaves_each_record_once() {
    let cluster = Cluster::start(2);
    let numbers = in_another_order_each_time(&cluster);
    let output = cluster.path("output");
    let path = output.display().to_string();
    let save = move |results: Rdd<i64>| results.save_as_text_file(&path);
    kill_after_repartition(&cluster, &numbers, 2, save).unwrap();
    assert!(output.join("_SUCCESS").exists());
    let parts = (0..4).map(|part| std::fs::read_to_string(output.join(format!("part-{part:05}"))).unwrap());
    check(
        parts.flat_map(|part| part.lines().map(|line| line.parse().unwrap()).collect::<Vec<i64>>()).collect(),
    );
    cluster.history(1);
}
