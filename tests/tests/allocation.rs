//! Dynamic allocation as the listener events tell it: executors come with the backlog and go when they are idle.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hearth::ListenerEvent;
use hearth::prelude::*;
use hearth_tests::faults::{Cluster, Events};
use hearth_types::{ExecutorId, ExecutorLossReason, TaskEndReason, Timestamp};

const BACKLOG: Duration = Duration::from_millis(200);
/// Long enough for an executor to come before more are asked for.
const SUSTAINED: Duration = Duration::from_millis(1_500);
const IDLE: Duration = Duration::from_secs(1);

/// No executors at first, and short timeouts; `settings` of `spark.dynamicAllocation` win.
fn start(settings: &[(&str, &str)]) -> Cluster {
    let defaults = [
        ("enabled", "true"),
        ("schedulerBacklogTimeout", "200ms"),
        ("sustainedSchedulerBacklogTimeout", "1500ms"),
        ("executorIdleTimeout", "1s"),
        ("maxExecutors", "8"),
    ];
    let all: Vec<_> = defaults
        .iter()
        .chain(settings)
        .map(|(key, value)| match key.starts_with("spark.") {
            true => ((*key).to_owned(), *value),
            false => (format!("spark.dynamicAllocation.{key}"), *value),
        })
        .collect();
    let all: Vec<_> = all.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    Cluster::without_waiting(0, &all)
}

/// So many partitions of the numbers below 1000, all of which wait at the gate.
fn waiting(cluster: &Cluster, partitions: u32, gate: &str) -> Rdd<i64> {
    let state = (cluster.notes(), gate.to_owned());
    cluster.sc().range(0, 1_000, 1, partitions).map_partitions_with(state, |state, records| {
        let (notes, gate) = &*state;
        notes.write(gate);
        notes.wait_at(gate);
        records
    })
}

fn sum_of(numbers: Vec<i64>) -> (usize, i64) {
    (numbers.len(), numbers.iter().sum())
}

const SUM: (usize, i64) = (1_000, 499_500);

/// What happened to executors: who came (`true`) or went, and when.
fn changes(heard: &[ListenerEvent]) -> Vec<(Timestamp, ExecutorId, bool)> {
    let changes = heard.iter().filter_map(|event| match event {
        ListenerEvent::ExecutorAdded { time, executor, .. } => Some((*time, *executor, true)),
        ListenerEvent::ExecutorRemoved { time, executor, .. } => Some((*time, *executor, false)),
        _ => None,
    });
    changes.collect()
}

fn came(heard: &[ListenerEvent]) -> Vec<(Timestamp, ExecutorId)> {
    changes(heard)
        .into_iter()
        .filter(|(.., came)| *came)
        .map(|(time, executor, _)| (time, executor))
        .collect()
}

fn went(heard: &[ListenerEvent]) -> Vec<(Timestamp, ExecutorId)> {
    changes(heard)
        .into_iter()
        .filter(|(.., came)| !*came)
        .map(|(time, executor, _)| (time, executor))
        .collect()
}

fn wait_until_went(events: &Events, count: usize) {
    events.wait_for("idle executors to go", |heard| (went(heard).len() >= count).then_some(()));
}

/// When the last task of each executor ended.
fn last_ends(heard: &[ListenerEvent]) -> BTreeMap<ExecutorId, Timestamp> {
    let ends = heard.iter().filter_map(|event| match event {
        ListenerEvent::TaskEnd { task, .. } => Some((task.executor, task.finish_time?)),
        _ => None,
    });
    ends.collect()
}

fn job_time(heard: &[ListenerEvent], start: bool) -> Timestamp {
    let time = heard.iter().find_map(|event| match event {
        ListenerEvent::JobStart { time, .. } if start => Some(*time),
        ListenerEvent::JobEnd { time, .. } if !start => Some(*time),
        _ => None,
    });
    time.unwrap()
}

#[test]
fn executors_come_with_the_backlog_no_faster_than_1_2_4_and_go_when_idle() {
    let cluster = start(&[]);
    let numbers = waiting(&cluster, 8, "go");
    let job = cluster.run(move || numbers.collect());
    for partition in 0..8 {
        cluster.wait_for("go", partition, 0);
    }
    cluster.notes().open("go");
    assert_eq!(sum_of(job.result().unwrap()), SUM);
    wait_until_went(cluster.events(), 8);
    let heard = cluster.events().heard();

    let start = job_time(&heard, true);
    let waves: Vec<usize> = came(&heard)
        .iter()
        .map(|(time, _)| {
            let waited = time.since(start).checked_sub(BACKLOG).unwrap();
            (waited.as_millis() / SUSTAINED.as_millis()) as usize
        })
        .collect();
    // On a busy machine a process comes later than it was asked for.
    assert_eq!(waves.len(), 8);
    assert!(
        waves.iter().zip([0, 1, 1, 2, 2, 2, 2, 3]).all(|(wave, earliest)| *wave >= earliest),
        "one, two, four, and the one that is left: {:?}",
        came(&heard)
    );

    let ends = last_ends(&heard);
    for (time, executor) in went(&heard) {
        let idle = time.since(ends[&executor]);
        assert!(idle >= IDLE, "executor {executor} went after {idle:?}");
    }
    let by_us = heard.iter().all(|event| match event {
        ListenerEvent::ExecutorRemoved { reason, .. } => *reason == ExecutorLossReason::Removed,
        ListenerEvent::TaskEnd { reason, .. } => *reason == TaskEndReason::Success,
        _ => true,
    });
    assert!(by_us, "{heard:#?}");

    // And once more from nothing.
    assert_eq!(cluster.sc().range(0, 1_000, 1, 2).count().unwrap(), 1_000);
}

#[test]
fn the_first_executors_come_without_a_backlog() {
    let settings =
        [("initialExecutors", "2"), ("schedulerBacklogTimeout", "1h"), ("executorIdleTimeout", "1h")];
    let cluster = start(&settings);
    let numbers = waiting(&cluster, 2, "go");
    let job = cluster.run(move || numbers.collect());
    for partition in 0..2 {
        cluster.wait_for("go", partition, 0);
    }
    cluster.notes().open("go");
    assert_eq!(sum_of(job.result().unwrap()), SUM);
}

#[test]
fn there_are_never_fewer_than_the_minimum_nor_more_than_the_maximum() {
    let settings =
        [("minExecutors", "1"), ("maxExecutors", "3"), ("sustainedSchedulerBacklogTimeout", "200ms")];
    let cluster = start(&settings);
    let numbers = waiting(&cluster, 12, "go");
    let job = cluster.run(move || numbers.collect());
    for partition in 0..3 {
        cluster.wait_for("go", partition, 0);
    }
    cluster.notes().open("go");
    assert_eq!(sum_of(job.result().unwrap()), SUM);
    wait_until_went(cluster.events(), 2);
    let [left] = cluster.executors()[..] else { panic!("one is left: {:?}", cluster.executors()) };
    // It is there for the next job, which needs no other.
    assert_eq!(cluster.sc().range(0, 1_000, 1, 1).count().unwrap(), 1_000);
    cluster.events().wait_for_jobs(2);
    let heard = cluster.events().heard();
    let ends = last_ends(&heard);
    let all: BTreeSet<_> =
        came(&heard).into_iter().map(|(_, executor)| executor).chain(ends.keys().copied()).collect();
    assert_eq!((all.len(), went(&heard).len()), (3, 2));
    assert!(ends[&left] > job_time(&heard, false));
}

/// Works for longer than an idle executor is kept.
fn work() {
    let start = Instant::now();
    while start.elapsed() < IDLE * 5 / 2 {
        std::hint::spin_loop();
    }
}

#[test]
fn map_outputs_that_a_job_needs_keep_their_executors() {
    let cluster = start(&[("sustainedSchedulerBacklogTimeout", "200ms"), ("shuffleTracking.timeout", "1s")]);
    let sums = waiting(&cluster, 3, "map").map(|n| (n % 10, n)).reduce_by_key(|a, b| a + b, 1);
    let sums = sums.map_partitions(|records| {
        work();
        records
    });
    let job = cluster.run(move || sums.collect());
    for partition in 0..3 {
        cluster.wait_for("map", partition, 0);
    }
    cluster.notes().open("map");
    assert_eq!(job.result().unwrap().len(), 10);
    wait_until_went(cluster.events(), 3);
    let heard = cluster.events().heard();
    let end = job_time(&heard, false);
    for (time, executor) in went(&heard) {
        assert!(time > end && time.since(end) >= IDLE, "executor {executor} went too early: {heard:#?}");
    }
    cluster.history(1);
}

#[test]
fn without_shuffle_tracking_idle_executors_go_and_their_map_outputs_are_made_again() {
    // Spark allows it where executors that go move their outputs away.
    let settings = [
        ("sustainedSchedulerBacklogTimeout", "200ms"),
        ("shuffleTracking.enabled", "false"),
        ("spark.decommission.enabled", "true"),
    ];
    let cluster = start(&settings);
    let gate = cluster.sc().range(0, 1, 1, 1).map_partitions_with(cluster.notes(), |notes, _| {
        notes.write("reduce");
        notes.wait_at("reduce");
        Vec::new()
    });
    let pairs = waiting(&cluster, 3, "map").map(|n| (n % 10, n));
    let sums = gate.union(&pairs.reduce_by_key(|a, b| a + b, 2)).coalesce(1);
    let job = cluster.run(move || sums.collect());
    for partition in 0..3 {
        cluster.wait_for("map", partition, 0);
    }
    cluster.notes().open("map");
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    wait_until_went(cluster.events(), 2);
    let made = cluster.notes().read("map");
    assert_eq!(made.len(), 3);
    cluster.notes().open("reduce");
    let sums: BTreeMap<i64, i64> = job.result().unwrap().into_iter().collect();
    assert_eq!(sums, (0..10).map(|digit| (digit, 100 * digit + 49_500)).collect());
    let history = cluster.history(1);
    for note in made {
        let ends = &history.stage(0)[&note.partition];
        assert_eq!(ends.len(), if note.executor == reader { 1 } else { 2 }, "{history:#?}");
    }
    assert_eq!(history.stage(1)[&0], ["fetch failed", "success"]);
}

#[test]
fn cached_partitions_keep_their_executors() {
    let cluster = start(&[("sustainedSchedulerBacklogTimeout", "200ms")]);
    let cached = waiting(&cluster, 2, "cache").cache().unwrap();
    let (first, again) = (cached.clone(), cached.clone());
    let job = cluster.run(move || first.count());
    let holders: BTreeSet<_> =
        (0..2).map(|partition| cluster.wait_for("cache", partition, 0).executor).collect();
    assert_eq!(holders.len(), 2);
    cluster.notes().open("cache");
    assert_eq!(job.result().unwrap(), 1_000);
    // All three end their last tasks after that, so whoever may go goes at the same time.
    let all = waiting(&cluster, 3, "all");
    let job = cluster.run(move || all.count());
    for partition in 0..3 {
        cluster.wait_for("all", partition, 0);
    }
    cluster.notes().open("all");
    assert_eq!(job.result().unwrap(), 1_000);
    wait_until_went(cluster.events(), 1);
    assert_eq!(sum_of(again.collect().unwrap()), SUM);
    assert_eq!(cluster.notes().count("cache"), BTreeMap::from([(0, 1), (1, 1)]), "read from the cache");
    cluster.events().wait_for_jobs(3);
    let gone = went(&cluster.events().heard());
    assert!(gone.iter().all(|(_, executor)| !holders.contains(executor)), "{gone:?}");
}

#[test]
fn cached_partitions_go_with_their_executors_after_a_timeout_of_their_own() {
    let cluster =
        start(&[("sustainedSchedulerBacklogTimeout", "200ms"), ("cachedExecutorIdleTimeout", "1500ms")]);
    let cached = waiting(&cluster, 2, "cache").cache().unwrap();
    let first = cached.clone();
    let job = cluster.run(move || first.count());
    for partition in 0..2 {
        cluster.wait_for("cache", partition, 0);
    }
    cluster.notes().open("cache");
    assert_eq!(job.result().unwrap(), 1_000);
    wait_until_went(cluster.events(), 2);
    let heard = cluster.events().heard();
    let ends = last_ends(&heard);
    for (time, executor) in went(&heard) {
        let idle = time.since(ends[&executor]);
        assert!(idle >= IDLE * 3 / 2, "executor {executor} went after {idle:?}");
    }
    assert_eq!(sum_of(cached.collect().unwrap()), SUM);
    assert_eq!(cluster.notes().count("cache"), BTreeMap::from([(0, 2), (1, 2)]), "computed again");
}

#[test]
fn an_executor_that_is_killed_is_replaced_while_it_is_needed() {
    let cluster = start(&[("maxExecutors", "2"), ("sustainedSchedulerBacklogTimeout", "200ms")]);
    let numbers = waiting(&cluster, 2, "go");
    let job = cluster.run(move || numbers.collect());
    let victim = cluster.wait_for("go", 0, 0).executor;
    cluster.wait_for("go", 1, 0);
    cluster.kill(victim);
    let next = cluster.wait_for("go", 0, 1).executor;
    assert_ne!(victim, next);
    cluster.notes().open("go");
    assert_eq!(sum_of(job.result().unwrap()), SUM);
    let history = cluster.history(1);
    assert_eq!(
        history.stage(0),
        BTreeMap::from([(0, vec!["executor lost", "success"]), (1, vec!["success"])])
    );
}
