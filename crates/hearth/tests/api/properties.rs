//! What a thread says about its jobs: groups, descriptions, tags, pools; and giving jobs up by them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

use hearth::prelude::*;
use hearth::{JobId, ListenerEvent, Rdd};

use crate::support::{Events, cluster, local, message, on_both, with_conf};

#[test]
fn properties_belong_to_the_thread_that_sets_them() {
    let sc = local();
    sc.set_job_group("group", "description", true);
    sc.set_local_property("key", Some("value"));
    sc.add_job_tag("tag");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(sc.local_property("spark.jobGroup.id"), None);
            assert_eq!(sc.local_property("key"), None);
            assert!(sc.job_tags().is_empty());
        });
    });
    assert_eq!(sc.local_property("spark.jobGroup.id").as_deref(), Some("group"));
    assert_eq!(sc.local_property("spark.job.description").as_deref(), Some("description"));
    assert_eq!(sc.local_property("key").as_deref(), Some("value"));
    sc.clear_job_group();
    assert_eq!(sc.local_property("spark.jobGroup.id"), None);
    assert_eq!(sc.local_property("spark.job.description"), None);
    sc.set_local_property("key", None);
    assert_eq!(sc.local_property("key"), None);
    sc.clear_job_tags();
}

#[test]
fn job_tags_are_a_set() {
    let sc = local();
    for tag in ["b", "a", "b"] {
        sc.add_job_tag(tag);
    }
    assert_eq!(sc.job_tags(), ["a", "b"]);
    sc.remove_job_tag("a");
    sc.remove_job_tag("not there");
    assert_eq!(sc.job_tags(), ["b"]);
    sc.clear_job_tags();
    assert!(sc.job_tags().is_empty());
}

#[test]
fn a_job_starts_with_the_properties_of_its_thread() {
    let sc = local();
    let events = Events::of(&sc);
    sc.set_job_group("nightly", "the report", true);
    sc.set_job_description(Some("one part of it"));
    sc.set_local_property("spark.scheduler.pool", Some("slow"));
    sc.set_local_property("my.key", Some("value"));
    sc.add_job_tag("tag");
    sc.range(0, 10, 1, 2).count().unwrap();
    sc.clear_job_group();
    sc.set_job_description(None);
    sc.set_local_property("spark.scheduler.pool", None);
    sc.set_local_property("my.key", None);
    sc.clear_job_tags();
    let properties = |event: &ListenerEvent| match event {
        ListenerEvent::JobStart { properties, .. } => Some(properties.clone()),
        _ => None,
    };
    let said = events.wait(properties);
    assert_eq!(
        (said.group.as_deref(), said.description.as_deref()),
        (Some("nightly"), Some("one part of it"))
    );
    assert_eq!((said.pool.as_deref(), said.interrupt_on_cancel), (Some("slow"), true));
    assert_eq!((said.tags, said.local["my.key"].as_str()), (vec!["tag".to_owned()], "value"));
    assert!(said.call_site.starts_with("count at properties.rs:"), "{}", said.call_site);
    sc.range(0, 10, 1, 2).collect().unwrap();
    let plain = events.wait(properties);
    assert_eq!((plain.group, plain.description, plain.pool, plain.tags), (None, None, None, vec![]));
}

/// Tasks that end only when they are told to.
fn endless(sc: &SparkContext) -> Rdd<i64> {
    sc.range(0, 4, 1, 2).map(|n| {
        until_interrupted();
        n
    })
}

fn until_interrupted() {
    let task = TaskContext::get().unwrap();
    while !task.is_interrupted() {
        std::thread::yield_now();
    }
}

/// Starts an endless job, waits for a task of it, gives it up, and returns the job and its error.
fn cancelled(sc: &SparkContext, prepare: impl Fn() + Sync, cancel: impl Fn(JobId)) -> (JobId, String) {
    cancelled_count(sc, &endless(sc), prepare, cancel)
}

fn cancelled_count(
    sc: &SparkContext,
    endless: &Rdd<i64>,
    prepare: impl Fn() + Sync,
    cancel: impl Fn(JobId),
) -> (JobId, String) {
    let events = Events::of(sc);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| {
            prepare();
            message(&endless.count().unwrap_err())
        });
        let job = events.wait(|event| match event {
            ListenerEvent::JobStart { job, .. } => Some(*job),
            _ => None,
        });
        events.wait(|event| matches!(event, ListenerEvent::TaskStart { .. }).then_some(()));
        cancel(job);
        (job, running.join().unwrap())
    })
}

#[test]
fn cancel_job_gives_up_one_job() {
    on_both(|sc| {
        let (job, error) = cancelled(sc, || {}, |job| sc.cancel_job(job, "because of the test"));
        assert_eq!(error, format!("Job {job} cancelled because of the test"));
        let (job, error) = cancelled(sc, || {}, |job| sc.cancel_job(job, ""));
        assert_eq!(error, format!("Job {job} cancelled"));
        assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10, "its slots are free again");
    });
}

#[test]
fn a_cancelled_sample_draws_no_further_number_and_gives_no_further_record() {
    let sc = local();
    let numbers = sc.range(0, 2, 1, 2).sample(Replacement::With, 1e300, 1);
    let (job, error) = cancelled_count(&sc, &numbers, || {}, |job| sc.cancel_job(job, ""));
    assert_eq!(error, format!("Job {job} cancelled"));

    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let records = sc.range(0, 2, 1, 2).sample(Replacement::With, 100.0, 1).map(|n| {
        GIVEN.fetch_add(1, Ordering::Relaxed);
        until_interrupted();
        n
    });
    let (job, error) = cancelled_count(&sc, &records, || {}, |job| sc.cancel_job(job, ""));
    assert_eq!(error, format!("Job {job} cancelled"));
    assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10, "its slots are free again");
    assert!(GIVEN.load(Ordering::Relaxed) <= 2, "at most one for each task");
}

#[test]
fn cancel_job_group_gives_up_the_group_only() {
    on_both(|sc| {
        let prepare = || sc.set_job_group("mine", "", true);
        let cancel = |_| {
            sc.cancel_job_group("another");
            sc.cancel_job_group("mine");
        };
        let (job, error) = cancelled(sc, prepare, cancel);
        assert_eq!(error, format!("Job {job} cancelled part of cancelled job group mine"));
    });
}

#[test]
fn cancel_jobs_with_tag_gives_up_tagged_jobs() {
    on_both(|sc| {
        let prepare = || {
            sc.add_job_tag("one");
            sc.add_job_tag("two");
        };
        let cancel = |_| {
            sc.cancel_jobs_with_tag("three");
            sc.cancel_jobs_with_tag("two");
        };
        let (job, error) = cancelled(sc, prepare, cancel);
        assert_eq!(error, format!("Job {job} cancelled part of cancelled job tag two"));
    });
}

#[test]
fn cancel_stage_and_cancel_all_jobs_give_up_too() {
    let sc = cluster();
    let stage = |job| sc.status_tracker().job_info(job).unwrap().stages[0];
    let (job, error) = cancelled(&sc, || {}, |job| sc.cancel_stage(stage(job), ""));
    assert_eq!(error, format!("Job {job} cancelled because Stage 0 was cancelled"));
    let (job, error) = cancelled(&sc, || {}, |_| sc.cancel_all_jobs());
    assert_eq!(error, format!("Job {job} cancelled as part of cancellation of all jobs"));
    sc.cancel_job(job, "it has ended");
    assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10);
}

/// Lets so many tasks through.
static GATE: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

fn let_through(count: u32) {
    *GATE.0.lock().unwrap() += count;
    GATE.1.notify_all();
}

#[test]
fn fair_pools_share_the_slots() {
    let sc = with_conf("local[2]", &[("spark.scheduler.mode", "FAIR")]);
    let events = Events::of(&sc);
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| {
            sc.set_local_property("spark.scheduler.pool", Some("slow"));
            sc.range(0, 4, 1, 4).foreach(|_| {
                let mut open = GATE.1.wait_while(GATE.0.lock().unwrap(), |open| *open == 0).unwrap();
                *open -= 1;
            })
        });
        for _ in 0..2 {
            events.wait(|event| matches!(event, ListenerEvent::TaskStart { .. }).then_some(()));
        }
        let fast = scope.spawn(|| {
            sc.set_local_property("spark.scheduler.pool", Some("fast"));
            sc.range(0, 1, 1, 1).count()
        });
        let submitted = |event: &ListenerEvent| match event {
            ListenerEvent::StageSubmitted { stage, properties }
                if properties.pool.as_deref() == Some("fast") =>
            {
                Some(stage.stage)
            }
            _ => None,
        };
        let stage = events.wait(submitted);
        let_through(1);
        let next = events.wait(|event| match event {
            ListenerEvent::TaskStart { stage, .. } => Some(*stage),
            _ => None,
        });
        assert_eq!(next, stage, "the free slot goes to the pool that has none, not to the older job");
        assert_eq!(fast.join().unwrap().unwrap(), 1);
        let_through(3);
        slow.join().unwrap().unwrap();
    });
}
