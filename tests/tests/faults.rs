//! Executors are lost at every moment of a job: the answer stays the same, and only what was lost is computed again.
//!
//! Tasks wait at gates for the moment that a test names, so each test knows what must run again, and checks that just this did.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use hearth::prelude::*;
use hearth_tests::faults::{Cluster, History, Note};
use hearth_types::{ExecutorId, ExecutorLossReason, TaskEndReason};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

/// What becomes of a partition on which nothing happens.
const UNHARMED: &[&str] = &["success"];

/// The sum of the numbers below 600 with each last digit.
fn sums() -> BTreeMap<i64, i64> {
    let mut sums = BTreeMap::new();
    for n in 0..600 {
        *sums.entry(n % 10).or_default() += n;
    }
    sums
}

fn sorted(sums: Vec<(i64, i64)>) -> BTreeMap<i64, i64> {
    sums.into_iter().collect()
}

/// Six partitions of numbers by their last digit. Those from `first` on wait at the gate `map`.
fn pairs(cluster: &Cluster, first: u32) -> Rdd<(i64, i64)> {
    let numbers = cluster.sc().range(0, 600, 1, 6);
    numbers.map_partitions_with((cluster.notes(), first), |state, records| {
        let (notes, first) = &*state;
        if notes.write("map") >= *first {
            notes.wait_at("map");
        }
        records.map(|n| (n % 10, n))
    })
}

/// Nobody waits.
const NONE: u32 = u32::MAX;

/// One of these two, and then the other.
fn other_of(all: &[ExecutorId], one: ExecutorId) -> ExecutorId {
    *all.iter().find(|executor| **executor != one).unwrap()
}

/// Checks what became of every partition of a stage: `harmed` of these, nothing of the rest.
fn check_stage(history: &History, stage: u32, partitions: u32, harmed: &[(BTreeSet<u32>, &[&str])]) {
    let found = history.stage(stage);
    assert_eq!(found.len(), partitions as usize, "{history:#?}");
    for (partition, ends) in found {
        let expected =
            harmed.iter().find(|(of, _)| of.contains(&partition)).map_or(UNHARMED, |(_, ends)| *ends);
        assert_eq!(ends, expected, "partition {partition} of stage {stage}: {history:#?}");
    }
}

fn lost_on(notes: &[Note], executor: ExecutorId) -> BTreeSet<u32> {
    notes.iter().filter(|note| note.executor == executor).map(|note| note.partition).collect()
}

#[test]
fn killed_in_the_map_stage_costs_what_ran_and_what_was_kept_there() {
    let cluster = Cluster::start(2);
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let victim = cluster.wait_for("map", 2, 0).executor;
    let survivor = cluster.wait_for("map", 3, 0).executor;
    assert_ne!(victim, survivor);
    let kept =
        lost_on(&[cluster.wait_for("map", 0, 0), cluster.wait_for("map", 1, 0)], victim);
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

/// One reduce task that waits at the gate `reduce` before it asks for its inputs.
fn waiting_reduce(cluster: &Cluster) -> Rdd<(i64, i64)> {
    let gate = cluster.sc().range(0, 1, 1, 1).map_partitions_with(cluster.notes(), |notes, _| {
        notes.write("reduce");
        notes.wait_at("reduce");
        Vec::new()
    });
    gate.union(&pairs(cluster, NONE).reduce_by_key(|a, b| a + b, 3)).coalesce(1)
}

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
    let settings = [("spark.reducer.maxSizeInFlight", "1m"), ("spark.shuffle.compress", "false")];
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

#[test]
fn killed_in_the_result_stage_costs_the_running_task_only() {
    let cluster = Cluster::start(2);
    let counted = cluster.sc().long_accumulator("records");
    let (numbers, notes, count) = (cluster.sc().range(0, 600, 1, 6), cluster.notes(), counted.clone());
    let job = cluster.run(move || {
        numbers.foreach_partition_with((notes, count), |(notes, counted), records| {
            let partition = notes.write("result");
            records.for_each(|_| counted.add(1));
            if partition >= 2 {
                notes.wait_at("result");
            }
        })
    });
    let victim = cluster.wait_for("result", 2, 0).executor;
    cluster.wait_for("result", 3, 0);
    cluster.kill(victim);
    cluster.notes().open("result");
    job.result().unwrap();
    check_stage(&cluster.history(1), 0, 6, &[(BTreeSet::from([2]), &["executor lost", "success"])]);
    assert_eq!(counted.value(), 600, "what the lost attempt counted does not count");
}

#[test]
fn killed_in_a_result_stage_after_a_shuffle_costs_no_finished_result() {
    let cluster = Cluster::start(2);
    let results = pairs(&cluster, NONE).reduce_by_key(|a, b| a + b, 4).map_partitions_with(
        cluster.notes(),
        |notes, records| {
            let records: Vec<_> = records.collect();
            if notes.write("result") == 3 {
                notes.wait_at("result");
            }
            records
        },
    );
    let job = cluster.run(move || results.collect());
    let victim = cluster.wait_for("result", 3, 0).executor;
    cluster.events().wait_for("all other results", |heard| {
        let stage = History::of(heard).stage(1);
        (stage.len() == 3 && stage.values().all(|ends| ends == UNHARMED)).then_some(())
    });
    let lost = lost_on(&cluster.notes().read("map"), victim);
    assert!(!lost.is_empty() && lost.len() < 6, "both have map outputs");
    cluster.kill(victim);
    cluster.notes().open("result");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    check_stage(&history, 0, 6, &[(lost, &["success", "success"])]);
    check_stage(&history, 1, 4, &[(BTreeSet::from([3]), &["executor lost", "fetch failed", "success"])]);
}

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
    let again: BTreeMap<u32, usize> = (0..6).map(|p| (p, if lost.contains(&p) { 2 } else { 1 })).collect();
    for _ in 0..2 {
        assert_eq!(sorted(cached.reduce_by_key(|a, b| a + b, 2).collect().unwrap()), sums());
        assert_eq!(cluster.notes().count("map"), again, "the first time only: {:#?} {:#?}", cluster.notes().read("map"), cluster.events().heard());
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

#[test]
fn killed_twice_in_a_row_costs_twice_what_was_lost() {
    let cluster = Cluster::start(2);
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let first = cluster.wait_for("map", 2, 0).executor;
    cluster.wait_for("map", 3, 0);
    cluster.kill(first);
    // The lost task runs again, on the executor that came instead, and that is lost too.
    let second = cluster.wait_for("map", 2, 1).executor;
    assert_ne!(first, second);
    cluster.kill(second);
    cluster.notes().open("map");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    let ends = history.stage(0);
    assert_eq!(ends[&2], ["executor lost", "executor lost", "success"], "{history:#?}");
    check_stage(&history, 1, 3, &[]);
}

#[test]
fn killed_while_the_outputs_of_another_are_made_again() {
    let cluster = Cluster::start(2);
    let all = cluster.executors();
    // The second time that a partition is computed, it waits.
    let numbers = cluster.sc().range(0, 600, 1, 6).map_partitions_with(cluster.notes(), |notes, records| {
        let partition = notes.write("map");
        if !notes.once(&format!("made {partition}")) {
            notes.write("again");
            notes.wait_at("again");
        }
        records.map(|n| (n % 10, n))
    });
    let gate = cluster.sc().range(0, 1, 1, 1).map_partitions_with(cluster.notes(), |notes, _| {
        notes.write("reduce");
        notes.wait_at("reduce");
        Vec::new()
    });
    let reduce = gate.union(&numbers.reduce_by_key(|a, b| a + b, 3)).coalesce(1);
    let job = cluster.run(move || reduce.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    let lost = lost_on(&cluster.notes().read("map"), other_of(&all, reader));
    cluster.kill(other_of(&all, reader));
    cluster.notes().open("reduce");
    // Now the reader goes too, and with it every output that was left.
    cluster.wait_for("again", *lost.first().unwrap(), 0);
    cluster.kill(reader);
    cluster.notes().open("again");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    let made = |partition| history.stage(0)[&partition].iter().filter(|end| **end == "success").count();
    assert!(
        (0..6).all(|partition| made(partition) == 2),
        "each is lost once after it was made: {history:#?}"
    );
    check_stage(&history, 1, 1, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
}

/// An executor is silent for two seconds before it is given up.
const IMPATIENT: &[(&str, &str)] =
    &[("spark.executor.heartbeatInterval", "200ms"), ("spark.network.timeout", "2s")];

#[test]
fn stopped_past_the_heartbeat_counts_as_lost() {
    let cluster = Cluster::with(2, IMPATIENT);
    let pairs = pairs(&cluster, 2);
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    let victim = cluster.wait_for("map", 2, 0).executor;
    cluster.wait_for("map", 3, 0);
    let kept =
        lost_on(&[cluster.wait_for("map", 0, 0), cluster.wait_for("map", 1, 0)], victim);
    cluster.signal(victim, Signal::STOP);
    cluster.notes().open("map");
    assert_eq!(sorted(job.result().unwrap()), sums());
    let reason = cluster.events().wait_for_loss(victim);
    assert!(matches!(reason, ExecutorLossReason::HeartbeatTimeout { limit_millis: 2_000, .. }), "{reason}");
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
fn stopped_with_map_outputs_that_are_being_fetched_counts_as_lost() {
    let cluster = Cluster::with(2, IMPATIENT);
    let all = cluster.executors();
    let reduce = waiting_reduce(&cluster);
    let job = cluster.run(move || reduce.collect());
    let reader = cluster.wait_for("reduce", 0, 0).executor;
    let victim = other_of(&all, reader);
    let lost = lost_on(&cluster.notes().read("map"), victim);
    cluster.signal(victim, Signal::STOP);
    cluster.notes().open("reduce");
    assert_eq!(sorted(job.result().unwrap()), sums());
    cluster.events().wait_for_loss(victim);
    let history = cluster.history(1);
    check_stage(&history, 0, 6, &[(lost, &["success", "success"])]);
    check_stage(&history, 1, 1, &[(BTreeSet::from([0]), &["fetch failed", "success"])]);
}

/// How a task ends its process.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum End {
    Abort,
    Exit(i32),
}

impl End {
    fn happen(self) {
        match self {
            Self::Abort => std::process::abort(),
            Self::Exit(code) => std::process::exit(code),
        }
    }
}

/// Runs a job of which partition 3 ends its process the first time, and returns why that executor was lost.
fn ends_its_process_once(end: End) -> ExecutorLossReason {
    let cluster = Cluster::start(2);
    let pairs =
        cluster.sc().range(0, 600, 1, 6).map_partitions_with((cluster.notes(), end), |state, records| {
            let (notes, end) = &*state;
            if notes.write("map") == 3 && notes.once("ended") {
                end.happen();
            }
            records.map(|n| (n % 10, n))
        });
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    let TaskEndReason::ExecutorLost { executor, reason } = &history.ends(0, 3)[0] else {
        panic!("{history:#?}")
    };
    assert_eq!(&cluster.events().wait_for_loss(*executor), reason);
    let kept = history.computed_on(0, *executor);
    let ran = BTreeSet::from([3]);
    check_stage(
        &history,
        0,
        6,
        &[(kept, &["success", "resubmitted", "success"]), (ran, &["executor lost", "success"])],
    );
    check_stage(&history, 1, 3, &[]);
    reason.clone()
}

#[test]
fn a_task_that_aborts_its_process_runs_again_elsewhere() {
    assert_eq!(ends_its_process_once(End::Abort), ExecutorLossReason::Exited { code: 134 });
}

#[test]
fn a_task_that_exits_runs_again_elsewhere() {
    assert_eq!(ends_its_process_once(End::Exit(3)), ExecutorLossReason::Exited { code: 3 });
}

#[test]
fn a_task_that_exits_with_status_0_runs_again_too() {
    assert_eq!(ends_its_process_once(End::Exit(0)), ExecutorLossReason::Exited { code: 0 });
}

#[test]
fn a_task_that_always_aborts_fails_its_job_and_nothing_else() {
    let cluster = Cluster::start(2);
    let poisoned = cluster.sc().range(0, 6, 1, 6).map_partitions(|records| {
        if TaskContext::get().unwrap().partition_id() == 5 {
            std::process::abort();
        }
        records
    });
    let job = cluster.run(move || poisoned.collect());
    let error = job.result().unwrap_err().to_string();
    let history = cluster.history(1);
    let ends = history.ends(0, 5);
    assert_eq!(history.stage(0)[&5], ["executor lost"; 4], "{history:#?}");
    let TaskEndReason::ExecutorLost { executor, .. } = &ends[3] else { panic!("{history:#?}") };
    let expected = format!(
        "Job aborted due to stage failure: Task 5 in stage 0.0 failed 4 times, most recent failure: \
         Lost task 5.3 in stage 0.0 (TID {}) (127.0.0.1 executor {executor}): \
         ExecutorLostFailure (executor {executor} exited caused by one of the running tasks) \
         Reason: Command exited with code 134",
        history.last_task(0, 5)
    );
    assert!(error.starts_with(&expected), "{error}\nis not\n{expected}");
    assert_eq!(sorted(pairs(&cluster, NONE).reduce_by_key(|a, b| a + b, 3).collect().unwrap()), sums());
}

#[test]
fn killed_while_saving_leaves_each_part_once() {
    let cluster = Cluster::start(2);
    let lines = cluster.sc().range(0, 600, 1, 6).map_with(cluster.notes(), |notes, n| {
        // In the middle of partition 2, with a part of its file written.
        if n == 250 {
            notes.write("save");
            notes.wait_at("save");
        }
        n.to_string()
    });
    let output = cluster.path("output");
    let path = output.display().to_string();
    let job = cluster.run(move || lines.save_as_text_file(&path));
    cluster.kill(cluster.wait_for("save", 2, 0).executor);
    cluster.notes().open("save");
    job.result().unwrap();
    let names: BTreeSet<String> = std::fs::read_dir(&output)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let parts: Vec<String> = (0..6).map(|part| format!("part-0000{part}")).collect();
    assert!(parts.iter().all(|part| names.contains(part)) && names.contains("_SUCCESS"), "{names:?}");
    assert_eq!(names.iter().filter(|name| !name.starts_with('.')).count(), 7, "{names:?}");
    let text: String = parts.iter().map(|part| std::fs::read_to_string(output.join(part)).unwrap()).collect();
    assert_eq!(text, (0..600).map(|n| format!("{n}\n")).collect::<String>());
    check_stage(&cluster.history(1), 0, 6, &[(BTreeSet::from([2]), &["executor lost", "success"])]);
}

/// Many short tasks, launched ahead as they are by default, and an executor killed three times, each time when so many
/// more have ended.
#[test]
fn killed_again_and_again_among_many_tasks_costs_only_what_was_lost() {
    let cluster = Cluster::with(3, &[("spark.hearth.scheduler.launchAhead", "2ms")]);
    let numbers =
        cluster.sc().range(0, 200_000, 1, 400).map(|n| (n % 1_000, n)).reduce_by_key(|a, b| a + b, 40);
    let again = numbers.map(|(key, sum)| (key % 10, sum)).reduce_by_key(|a, b| a + b, 20);
    let job = cluster.run(move || again.collect());
    for ended in [100, 300, 420] {
        cluster.events().wait_for("task ends", |heard| {
            let ends = heard.iter().filter(|event| matches!(event, hearth::ListenerEvent::TaskEnd { .. }));
            (ends.count() >= ended).then_some(())
        });
        let victim = *cluster.executors().first().unwrap();
        cluster.kill(victim);
    }
    let mut expected = BTreeMap::new();
    for n in 0..200_000 {
        *expected.entry(n % 10).or_default() += n;
    }
    assert_eq!(sorted(job.result().unwrap()), expected);
    cluster.history(1);
}
