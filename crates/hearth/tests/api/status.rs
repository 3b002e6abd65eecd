//! Watching an application: the status tracker and listeners.

use hearth::prelude::*;
use hearth::{JobStatus, ListenerEvent};
use hearth_types::JobOutcome;

use crate::support::{Events, cluster, local, on_both};

fn is_job_end(event: &ListenerEvent) -> bool {
    matches!(event, ListenerEvent::JobEnd { .. })
}

#[test]
fn the_status_tracker_knows_ended_jobs_and_their_stages() {
    on_both(|sc| {
        let events = Events::of(sc);
        sc.set_job_group("mine", "", false);
        sc.add_job_tag("tag");
        sc.range(0, 10, 1, 3).map(|n| (n % 2, n)).reduce_by_key(|a, b| a + b, 2).count().unwrap();
        sc.clear_job_group();
        sc.clear_job_tags();
        events.until(is_job_end);
        let tracker = sc.status_tracker();
        let jobs = tracker.job_ids_for_group(Some("mine"));
        assert_eq!(jobs.len(), 1);
        assert_eq!(tracker.job_ids_for_tag("tag"), jobs);
        assert!(tracker.job_ids_for_group(None).is_empty() && tracker.job_ids_for_tag("other").is_empty());
        let job = tracker.job_info(jobs[0]).unwrap();
        assert_eq!((job.job, job.status, job.stages.len()), (jobs[0], JobStatus::Succeeded, 2));
        let stages: Vec<_> = job.stages.iter().map(|stage| tracker.stage_info(*stage).unwrap()).collect();
        assert_eq!((stages[0].tasks, stages[0].completed_tasks, stages[0].failed_tasks), (3, 3, 0));
        assert_eq!((stages[1].tasks, stages[1].completed_tasks, stages[1].active_tasks), (2, 2, 0));
        assert!(stages[0].name.starts_with("map at status.rs:"), "{}", stages[0].name);
        assert!(stages[1].name.starts_with("count at status.rs:"), "{}", stages[1].name);
        assert!(tracker.active_job_ids().is_empty() && tracker.active_stage_ids().is_empty());
        assert!(
            tracker.job_info(hearth::JobId(77)).is_none()
                && tracker.stage_info(hearth::StageId(77)).is_none()
        );
    });
}

#[test]
fn the_status_tracker_sees_what_runs() {
    let sc = local();
    let events = Events::of(&sc);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            sc.range(0, 2, 1, 2).foreach(|_| {
                let task = TaskContext::get().unwrap();
                while !task.is_interrupted() {
                    std::thread::yield_now();
                }
            })
        });
        events.wait(|event| matches!(event, ListenerEvent::TaskStart { .. }).then_some(()));
        let tracker = sc.status_tracker();
        let (jobs, stages) = (tracker.active_job_ids(), tracker.active_stage_ids());
        assert_eq!((jobs.len(), stages.len()), (1, 1));
        assert_eq!(tracker.job_info(jobs[0]).unwrap().status, JobStatus::Running);
        assert!(tracker.stage_info(stages[0]).unwrap().active_tasks >= 1);
        sc.cancel_job(jobs[0], "");
        running.join().unwrap().unwrap_err();
        events.until(is_job_end);
        assert_eq!(tracker.job_info(jobs[0]).unwrap().status, JobStatus::Failed);
    });
}

#[test]
fn the_status_tracker_knows_the_executors() {
    let sc = cluster();
    let events = Events::of(&sc);
    assert_eq!(sc.range(0, 40, 1, 40).count().unwrap(), 40);
    events.until(is_job_end);
    let executors = sc.status_tracker().executor_infos();
    assert!((1..=2).contains(&executors.len()), "{executors:?}");
    assert!(executors.iter().all(|info| info.max_memory > 0 && info.running_tasks == 0), "{executors:?}");
    let sc = local();
    assert_eq!(sc.range(0, 4, 1, 4).count().unwrap(), 4);
    assert_eq!(sc.status_tracker().executor_infos().len(), 1);
}

#[test]
fn listeners_hear_a_job_from_start_to_end_in_order() {
    on_both(|sc| {
        let (first, second) = (Events::of(sc), Events::of(sc));
        sc.range(0, 10, 1, 3).map(|n| (n % 2, n)).reduce_by_key(|a, b| a + b, 2).count().unwrap();
        let events = first.until(is_job_end);
        let count = |is: &dyn Fn(&ListenerEvent) -> bool| events.iter().filter(|event| is(event)).count();
        assert_eq!(count(&|event| matches!(event, ListenerEvent::JobStart { .. })), 1);
        assert_eq!(count(&|event| matches!(event, ListenerEvent::StageSubmitted { .. })), 2);
        assert_eq!(count(&|event| matches!(event, ListenerEvent::StageCompleted { .. })), 2);
        assert_eq!(count(&|event| matches!(event, ListenerEvent::TaskStart { .. })), 5);
        assert_eq!(count(&|event| matches!(event, ListenerEvent::TaskEnd { is_map: true, .. })), 3);
        assert_eq!(count(&|event| matches!(event, ListenerEvent::TaskEnd { is_map: false, .. })), 2);
        let ended = |event: Option<&ListenerEvent>| {
            matches!(event, Some(ListenerEvent::JobEnd { outcome: JobOutcome::Succeeded, .. }))
        };
        assert!(ended(events.last()));
        let place = |is: &dyn Fn(&ListenerEvent) -> bool| events.iter().position(is).unwrap();
        let start = place(&|event| matches!(event, ListenerEvent::JobStart { .. }));
        let submitted = place(&|event| matches!(event, ListenerEvent::StageSubmitted { .. }));
        let launched = place(&|event| matches!(event, ListenerEvent::TaskStart { .. }));
        assert!(start < submitted && submitted < launched);
        assert!(ended(second.until(is_job_end).last()), "every listener hears it");
    });
}

#[test]
fn a_listener_hears_why_a_job_failed_and_the_end_of_the_application() {
    let sc = local();
    let events = Events::of(&sc);
    sc.range(0, 1, 1, 1).foreach(|_| panic!("on purpose")).unwrap_err();
    let message = events.wait(|event| match event {
        ListenerEvent::JobEnd { outcome: JobOutcome::Failed { message }, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(message.contains("on purpose"), "{message}");
    sc.stop();
    events.until(|event| matches!(event, ListenerEvent::ApplicationEnd { .. }));
}

#[test]
fn a_listener_that_panics_harms_nobody() {
    let sc = local();
    sc.add_spark_listener(Box::new(|_: &ListenerEvent| panic!("a bad listener")));
    let events = Events::of(&sc);
    assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10);
    events.until(is_job_end);
}

#[test]
fn tasks_report_what_they_measured() {
    on_both(|sc| {
        let events = Events::of(sc);
        sc.range(0, 1_000, 1, 2).map(|n| (n % 10, n)).reduce_by_key(|a, b| a + b, 2).count().unwrap();
        let (mut written, mut read) = (0, 0);
        for event in events.until(is_job_end) {
            if let ListenerEvent::TaskEnd { metrics, .. } = event {
                written += metrics.shuffle_write.records_written;
                read += metrics.shuffle_read.records_read;
            }
        }
        assert_eq!((written, read), (20, 20), "ten keys of two map tasks, combined before the shuffle");
    });
}

#[test]
fn a_shuffle_that_is_there_is_skipped() {
    on_both(|sc| {
        let sums = sc.range(0, 100, 1, 3).map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b, 2);
        assert_eq!(sums.count().unwrap(), 4);
        let events = Events::of(sc);
        assert_eq!(sums.map(|(key, _)| key).count().unwrap(), 4);
        let events = events.until(is_job_end);
        let stages = events.iter().find_map(|event| match event {
            ListenerEvent::JobStart { stages, .. } => Some(stages.len()),
            _ => None,
        });
        let submitted =
            events.iter().filter(|event| matches!(event, ListenerEvent::StageSubmitted { .. })).count();
        assert_eq!((stages, submitted), (Some(2), 1), "the map stage is known and not run");
    });
}
