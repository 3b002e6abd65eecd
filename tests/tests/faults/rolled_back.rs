//! An executor is killed whose map outputs come out otherwise when they are computed again: each record then goes elsewhere.
//!
//! What was made of the former outputs must not be mixed with what is made of the new ones: it is made again, or the job
//! fails and says why.

use hearth::prelude::*;
use hearth_tests::faults::Cluster;

use crate::common::{kill_when_all_but_one_are_done, lost_on, made_again};

/// Lists of five, as of groups. Each list is turned round when its partition is computed again.
fn lists(cluster: &Cluster) -> Rdd<Vec<i64>> {
    made_again(cluster, |numbers, is_first| {
        let mut lists: Vec<Vec<i64>> = numbers.chunks(5).map(<[i64]>::to_vec).collect();
        if !is_first {
            lists.iter_mut().for_each(|list| list.reverse());
        }
        lists
    })
}

fn assert_cannot_roll_back(error: &hearth::Error, operation: &str) {
    let message = error.to_string();
    assert!(message.contains("However, Hearth cannot rollback the ResultStage"), "{message}");
    assert!(message.contains(operation), "{message}");
}

#[test]
fn killed_after_a_repartition_of_lists_that_vary_fails_the_job_that_has_results() {
    let cluster = Cluster::start(2);
    let dealt = lists(&cluster).repartition(4);
    let error = kill_when_all_but_one_are_done(&cluster, &dealt, 2, |lists| lists.collect()).unwrap_err();
    assert_cannot_roll_back(&error, "repartition at");
}

#[test]
fn killed_while_lists_that_vary_are_saved_leaves_no_success_behind() {
    let cluster = Cluster::start(2);
    let dealt = lists(&cluster).repartition(4);
    let output = cluster.path("output");
    let path = output.display().to_string();
    let save = move |lists: Rdd<Vec<i64>>| lists.map(|list| format!("{list:?}")).save_as_text_file(&path);
    let error = kill_when_all_but_one_are_done(&cluster, &dealt, 2, save).unwrap_err();
    assert_cannot_roll_back(&error, "repartition at");
    assert!(!output.join("_SUCCESS").exists());
}

#[test]
fn killed_while_a_map_stage_reads_lists_that_vary_has_all_of_it_read_again() {
    let cluster = Cluster::start(2);
    let dealt = lists(&cluster).repartition(4);
    let sums = kill_when_all_but_one_are_done(&cluster, &dealt, 2, |lists| {
        lists.flat_map(|list| list).map(|n| (n, 1)).reduce_by_key(|a, b| a + b, 3).collect()
    });
    let mut sums = sums.unwrap();
    sums.sort_unstable();
    assert!(sums.iter().copied().eq((0..600).map(|n| (n, 1))), "{sums:?}");
    assert!(
        cluster.notes().count("read").values().all(|times| *times > 1),
        "also by those that were not lost"
    );
}

#[test]
fn killed_after_records_were_numbered_that_come_in_another_order_fails_the_job_that_has_results() {
    let cluster = Cluster::start(2);
    // The lists are made once to be counted, turned round the second time, and again when they are lost: as before then,
    // so their order in the partition changes instead.
    let numbered = lists(&cluster).map_partitions_with(cluster.notes(), |notes, lists| {
        let mut lists: Vec<Vec<i64>> = lists.collect();
        let partition = TaskContext::get().unwrap().partition_id();
        let times = notes.count("made")[&partition];
        lists.rotate_left(times);
        lists
    });
    let numbered = numbered
        .zip_with_index()
        .unwrap()
        .map(|(list, n)| (n, list))
        .partition_by(HashPartitioner::new(4))
        .values();
    let stage = 4;
    let error =
        kill_when_all_but_one_are_done(&cluster, &numbered, stage, |lists| lists.collect()).unwrap_err();
    assert_cannot_roll_back(&error, "map at");
}

#[test]
fn killed_after_lists_that_vary_went_by_a_key_that_does_not_keeps_what_is_done() {
    let cluster = Cluster::start(2);
    let keyed = lists(&cluster)
        .map(|list| (list.iter().copied().min(), list))
        .partition_by(HashPartitioner::new(4))
        .values();
    let found = kill_when_all_but_one_are_done(&cluster, &keyed, 2, |lists| lists.collect()).unwrap();
    let mut numbers: Vec<i64> = found.into_iter().flatten().collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..600), "{numbers:?}");
    assert!(cluster.notes().count("made").values().any(|times| *times > 1), "some were made again");
    cluster.history(1);
}

#[test]
fn killed_with_cached_partitions_of_lists_that_vary_has_those_of_the_others_made_again() {
    let cluster = Cluster::start(2);
    let dealt = lists(&cluster).repartition(4).cache().unwrap();
    assert_eq!(dealt.flat_map(|list| list).count().unwrap(), 600);
    let victim = cluster.executors()[0];
    assert!(!lost_on(&cluster.notes().read("made"), victim).is_empty(), "it has made some");
    cluster.kill(victim);
    let sums = dealt.flat_map(|list| list).map(|n| (n, 1)).reduce_by_key(|a, b| a + b, 3);
    let mut sums = sums.collect().unwrap();
    sums.sort_unstable();
    assert!(sums.iter().copied().eq((0..600).map(|n| (n, 1))), "{sums:?}");
    assert!(cluster.notes().count("made").values().any(|times| *times > 1), "some were made again");
}
