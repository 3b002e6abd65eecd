//! An executor is killed while map tasks run, or when it has map outputs and no task.

use std::collections::{BTreeMap, BTreeSet};

use hearth_tests::faults::Cluster;
use rustix::process::Signal;

use crate::common::{NONE, check_stage, lost_on, pairs, sorted, sums};

#[test]
fn killed_in_the_map_stage_costs_what_ran_and_what_was_kept_there() {
    let cluster = Cluster::start(2);
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let victim = cluster.wait_for("map", 2, 0).executor;
    let survivor = cluster.wait_for("map", 3, 0).executor;
    assert_ne!(victim, survivor);
    let kept = lost_on(&[cluster.wait_for("map", 0, 0), cluster.wait_for("map", 1, 0)], victim);
    assert_eq!(kept.len(), 1, "each executor has made one of the first two");
    cluster.kill(victim);
    cluster.notes().open("map");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    let ran = BTreeSet::from([2]);
    check_stage(
        &history,
        0,
        6,
        &[(kept, &["success", "resubmitted", "success"]), (ran, &["executor lost", "success"])],
    );
    check_stage(&history, 1, 3, &[]);
}

#[test]
fn killed_between_two_jobs_costs_its_map_outputs_when_they_are_needed_again() {
    let cluster = Cluster::start(2);
    let sums_of = pairs(&cluster, NONE).reduce_by_key(|a, b| a + b, 3);
    assert_eq!(sums_of.count().unwrap(), 10);
    cluster.history(1);
    let notes = cluster.notes().read("map");
    let victim = notes[0].executor;
    let lost = lost_on(&notes, victim);
    assert!(lost.len() < 6);
    cluster.kill(victim);
    assert_eq!(sorted(sums_of.collect().unwrap()), sums());
    let again: BTreeMap<u32, usize> = (0..6).map(|p| (p, if lost.contains(&p) { 2 } else { 1 })).collect();
    assert_eq!(cluster.notes().count("map"), again);
    let history = cluster.history(2);
    assert_eq!(
        history.stage(2).into_keys().collect::<BTreeSet<_>>(),
        lost,
        "the map stage of the second job"
    );
    check_stage(&history, 3, 3, &[]);
}

#[test]
fn all_killed_at_once_costs_all_that_was_made_and_nothing_that_the_driver_has() {
    let cluster = Cluster::start(2);
    let words: Vec<String> = (0..10).map(|digit| format!("digit {digit}")).collect();
    let words = cluster.sc().broadcast(words).unwrap();
    let named = pairs(&cluster, 2).map_with(words, |words, (digit, n)| (words[digit as usize].clone(), n));
    let job = cluster.run(move || named.reduce_by_key(|a, b| a + b, 3).collect());
    let victims = [2, 3].map(|partition| cluster.wait_for("map", partition, 0).executor);
    for victim in victims {
        cluster.signal(victim, Signal::KILL);
    }
    for victim in victims {
        cluster.events().wait_for_loss(victim);
    }
    cluster.notes().open("map");
    let expected = sums().into_iter().map(|(digit, sum)| (format!("digit {digit}"), sum)).collect();
    assert_eq!(job.result().unwrap().into_iter().collect::<BTreeMap<_, _>>(), expected);
    let history = cluster.history(1);
    let (kept, ran) = (BTreeSet::from([0, 1]), BTreeSet::from([2, 3]));
    check_stage(
        &history,
        0,
        6,
        &[(kept, &["success", "resubmitted", "success"]), (ran, &["executor lost", "success"])],
    );
    check_stage(&history, 1, 3, &[]);
}
