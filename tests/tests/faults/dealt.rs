//! An executor is killed that has dealt records to reduce partitions, of which some are done.
//!
//! What is lost is dealt again, here from records that come in another order, as they may after any shuffle.
//! The partitions that are done keep what they have, so each record must go where it went before.

use hearth::prelude::*;
use hearth_tests::faults::{Cluster, History};

use crate::common::{UNHARMED, lost_on};

/// Four partitions of the numbers below 600, after a shuffle. Each comes backwards when it is computed again.
///
/// The first two tasks meet, so that each executor has one of them.
fn in_another_order_each_time(cluster: &Cluster) -> Rdd<i64> {
    let pairs = cluster.sc().range(0, 600, 1, 6).map(|n| (n, ()));
    pairs.partition_by(HashPartitioner::new(4)).keys().map_partitions_with(
        cluster.notes(),
        |notes, records| {
            let mut numbers: Vec<i64> = records.collect();
            numbers.sort_unstable();
            notes.meet("deal", 2);
            let partition = TaskContext::get().unwrap().partition_id();
            if !notes.once(&format!("dealt-{partition}")) {
                numbers.reverse();
            }
            numbers
        },
    )
}

/// Runs an action on `numbers.repartition(4)` and kills the executor that computes the last partition, when all others are
/// done.
fn kill_when_all_but_one_are_done<T: Send + 'static>(
    cluster: &Cluster,
    numbers: &Rdd<i64>,
    result_stage: u32,
    action: impl FnOnce(Rdd<i64>) -> T + Send + 'static,
) -> T {
    let results = numbers.repartition(4).map_partitions_with(cluster.notes(), |notes, records| {
        let records: Vec<i64> = records.collect();
        if notes.write("result") == 3 {
            notes.wait_at("result");
        }
        records
    });
    let job = cluster.run(move || action(results));
    let victim = cluster.wait_for("result", 3, 0).executor;
    cluster.events().wait_for("all other results", |heard| {
        let stage = History::of(heard).stage(result_stage);
        (stage.len() == 3 && stage.values().all(|ends| ends == UNHARMED)).then_some(())
    });
    assert!(!lost_on(&cluster.notes().read("deal"), victim).is_empty(), "it has dealt some");
    cluster.kill(victim);
    cluster.notes().open("result");
    let result = job.result();
    assert!(cluster.notes().count("deal").values().any(|times| *times > 1), "and these were dealt again");
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
    check(kill_when_all_but_one_are_done(&cluster, &numbers, 2, |results| results.collect()).unwrap());
    cluster.history(1);
}

#[test]
fn killed_after_a_repartition_of_cached_records_loses_and_doubles_none() {
    let cluster = Cluster::start(2);
    let numbers = in_another_order_each_time(&cluster).cache().unwrap();
    assert_eq!(numbers.count().unwrap(), 600);
    check(kill_when_all_but_one_are_done(&cluster, &numbers, 4, |results| results.collect()).unwrap());
    cluster.history(2);
}

#[test]
fn killed_while_repartitioned_records_are_saved_leaves_each_record_once() {
    let cluster = Cluster::start(2);
    let numbers = in_another_order_each_time(&cluster);
    let output = cluster.path("output");
    let path = output.display().to_string();
    let save = move |results: Rdd<i64>| results.save_as_text_file(&path);
    kill_when_all_but_one_are_done(&cluster, &numbers, 2, save).unwrap();
    assert!(output.join("_SUCCESS").exists());
    let parts = (0..4).map(|part| std::fs::read_to_string(output.join(format!("part-{part:05}"))).unwrap());
    check(
        parts.flat_map(|part| part.lines().map(|line| line.parse().unwrap()).collect::<Vec<i64>>()).collect(),
    );
    cluster.history(1);
}
