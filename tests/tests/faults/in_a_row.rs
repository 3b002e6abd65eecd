//! One executor after the other is killed.

use std::collections::{BTreeMap, BTreeSet};

use hearth_tests::faults::Cluster;

use crate::common::{check_stage, lost_on, other_of, pairs, sorted, sums};

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
