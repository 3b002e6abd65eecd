//! What a task knows about itself.

use hearth::prelude::*;

use crate::support::{cluster, on_both, sorted};

#[test]
fn the_driver_runs_no_task() {
    assert!(TaskContext::get().is_none());
}

#[test]
fn a_task_knows_its_partition_stage_and_number() {
    on_both(|sc| {
        let rdd = sc.range(0, 4, 1, 4).map(|_| {
            let task = TaskContext::get().unwrap();
            assert_eq!((task.stage_attempt_number(), task.attempt_number()), (0, 0));
            assert!(!task.is_interrupted());
            (task.partition_id(), task.stage_id(), task.task_attempt_id())
        });
        let first = rdd.collect().unwrap();
        assert_eq!(first.iter().map(|(partition, ..)| *partition).collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert!(first.iter().all(|(_, stage, _)| *stage == first[0].1));
        let again = rdd.collect().unwrap();
        assert!(again[0].1 > first[0].1, "a new job has a new stage");
        let mut ids: Vec<u64> = first.iter().chain(&again).map(|(.., id)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 8, "task attempt ids are unique");
    });
}

#[test]
fn a_task_knows_its_executor() {
    on_both(|sc| {
        let where_it_ran =
            sc.range(0, 40, 1, 40).map(|_| TaskContext::get().unwrap().executor_id().to_string());
        let places = sorted(where_it_ran.distinct(1).collect().unwrap());
        let known: Vec<String> =
            sc.status_tracker().executor_infos().iter().map(|info| info.executor.to_string()).collect();
        assert!(
            !places.is_empty() && places.iter().all(|place| known.contains(place)),
            "{places:?} of {known:?}"
        );
    });
}

#[test]
fn a_task_that_is_tried_again_knows_its_attempt() {
    let sc = cluster();
    let attempts = sc.range(0, 4, 1, 4).map(|n| {
        let attempt = TaskContext::get().unwrap().attempt_number();
        assert!(i64::from(attempt) >= n, "attempt {attempt} of partition {n} fails");
        attempt
    });
    assert_eq!(attempts.collect().unwrap(), [0, 1, 2, 3]);
}

#[test]
fn a_task_sees_the_local_properties_of_its_job() {
    on_both(|sc| {
        sc.set_local_property("my.key", Some("my value"));
        sc.set_local_property("spark.scheduler.pool", Some("fast"));
        sc.set_job_group("group", "description", false);
        let seen = sc.range(0, 1, 1, 1).flat_map(|_| {
            let task = TaskContext::get().unwrap();
            ["my.key", "spark.scheduler.pool", "spark.jobGroup.id", "spark.job.description", "no.key"]
                .map(|key| task.local_property(key))
        });
        let seen = seen.collect().unwrap();
        sc.clear_job_group();
        sc.set_local_property("my.key", None);
        sc.set_local_property("spark.scheduler.pool", None);
        let expected = [Some("my value"), Some("fast"), Some("group"), Some("description"), None];
        assert_eq!(seen.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
    });
}
