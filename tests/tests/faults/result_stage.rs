//! An executor is killed while result tasks run.

use std::collections::BTreeSet;

use hearth_tests::faults::{Cluster, History};

use crate::common::{NONE, UNHARMED, check_stage, lost_on, pairs, sorted, sums};

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
