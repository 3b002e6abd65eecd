//! An executor falls silent.

use std::collections::BTreeSet;

use hearth_tests::faults::{Cluster, History};
use hearth_types::ExecutorLossReason;
use rustix::process::Signal;

use crate::common::{check_stage, lost_on, other_of, pairs, sorted, sums, waiting_reduce};

/// An executor is silent for so long before it is given up. No other may be, however busy the machine is.
const IMPATIENT: &[(&str, &str)] =
    &[("spark.executor.heartbeatInterval", "200ms"), ("spark.network.timeout", "10s")];

#[test]
fn stopped_past_the_heartbeat_counts_as_lost() {
    let cluster = Cluster::with(2, IMPATIENT);
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let victim = cluster.wait_for("map", 2, 0).executor;
    cluster.wait_for("map", 3, 0);
    let kept = lost_on(&[cluster.wait_for("map", 0, 0), cluster.wait_for("map", 1, 0)], victim);
    cluster.stop(victim);
    cluster.notes().open("map");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let reason = cluster.events().wait_for_loss(victim);
    assert!(matches!(reason, ExecutorLossReason::HeartbeatTimeout { limit_millis: 10_000, .. }), "{reason}");
    let history = cluster.history(1);
    let ran = BTreeSet::from([2]);
    check_stage(
        &history,
        0,
        6,
        &[(kept, &["success", "resubmitted", "success"]), (ran, &["executor lost", "success"])],
    );
}

#[test]
fn stopped_for_a_moment_costs_nothing() {
    let cluster = Cluster::start(2);
    let all = cluster.executors();
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let stopped = cluster.wait_for("map", 2, 0).executor;
    cluster.wait_for("map", 3, 0);
    cluster.stop(stopped);
    cluster.notes().open("map");
    cluster.events().wait_for("the other executor to do the rest", |heard| {
        let stage = History::of(heard).stage(0);
        (stage.len() == 5 && !stage.contains_key(&2)).then_some(())
    });
    cluster.signal(stopped, Signal::CONT);
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    check_stage(&history, 0, 6, &[]);
    check_stage(&history, 1, 3, &[]);
    assert_eq!(cluster.executors(), all, "nobody had to be replaced");
}

#[test]
fn stopped_with_map_outputs_that_are_being_fetched_counts_as_lost() {
    let cluster = Cluster::with(2, IMPATIENT);
    let all = cluster.executors();
    let reduce = waiting_reduce(&cluster);
    let job = cluster.run(move || reduce.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    let victim = other_of(&all, reader);
    let lost = lost_on(&cluster.notes().read("map"), victim);
    cluster.stop(victim);
    cluster.notes().open("reduce");
    assert_eq!(sorted(job.result().unwrap()), sums());
    cluster.events().wait_for_loss(victim);
    let history = cluster.history(1);
    check_stage(&history, 0, 6, &[(lost, &["success", "success"])]);
    check_stage(&history, 1, 1, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
}
