//! The driver with the real scheduler and executors that the test plays.

mod endpoint;
mod executors;
mod fakes;
mod local;
mod results;
mod stop;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hearth_rpc::message::{TaskOutcome, ToExecutor};
use hearth_scheduler::CancelTarget;
use hearth_types::{ExceptionKind, JobId, TaskEndReason};
use support::*;

use crate::{JobError, JobStatus};

fn sum_of_updates(world: &World, id: u64) -> Arc<AtomicU64> {
    let sum = Arc::new(AtomicU64::new(0));
    let into = sum.clone();
    let merge = move |update: Bytes| {
        into.fetch_add(u64::from(update[0]), Ordering::SeqCst);
    };
    world.handle.register_accumulator(id, Box::new(merge));
    sum
}

#[test]
fn a_job_of_three_stages_delivers_every_result_once_and_merges_every_update_once() {
    let world = world(&[]);
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(2));
    let sum = sum_of_updates(&world, 7);
    for id in 0..2 {
        world.executor(id, 2).serve(|task, code| {
            let mut ended = succeed(task, code);
            ended.accumulators = vec![(7, Bytes::from_static(&[1])), (8, Bytes::from_static(&[1]))];
            ended
        });
    }
    let (job, results) = job(0, 2, 10);
    assert_eq!(world.handle.run_job(job), Ok(JobId(0)));
    let mut found = std::mem::take(&mut *results.lock());
    found.sort();
    let expected: Vec<(u32, Bytes)> = (0..10).map(|p| (p, Bytes::from(format!("2/{p}")))).collect();
    assert_eq!(found, expected);
    assert_eq!(sum.load(Ordering::SeqCst), 30, "10 tasks in each of 3 stages");
    let status = world.handle.status();
    assert_eq!(status.job_info(JobId(0)).unwrap().status, JobStatus::Succeeded);
    assert!(status.active_job_ids().is_empty() && status.active_stage_ids().is_empty());
    assert_eq!((world.handle.executors().len(), world.handle.total_slots()), (2, 4));
    world.handle.stop();
}

#[test]
fn binaries_go_to_an_executor_once_and_are_forgotten_after_the_job() {
    let world = world(&[("spark.hearth.scheduler.launchAhead", "0ms")]);
    let executor = world.executor(0, 1);
    let (submission, _) = job(0, 1, 2);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let mut sent = Vec::new();
    for _ in 0..4 {
        let (binaries, tasks) = executor.next_launch();
        sent.extend(binaries);
        for task in tasks {
            let code = if task.description.id.stage.0 == 0 { "map" } else { "result" };
            executor.end(succeed(&task, &Bytes::from(code)));
        }
    }
    assert_eq!(running.join().unwrap(), Ok(JobId(0)));
    assert_eq!(sent.len(), 2);
    let mut forgotten = Vec::new();
    while forgotten.len() < 2 {
        if let ToExecutor::ForgetBinaries(ids) = executor.next() {
            forgotten.extend(ids);
        }
    }
    assert_eq!(forgotten.len(), 2);
    world.handle.stop();
}

#[test]
fn jobs_from_many_threads_run_at_a_time() {
    let world = world(&[]);
    for id in 0..2 {
        world.executor(id, 2).serve(succeed);
    }
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let handle = world.handle.clone();
            std::thread::spawn(move || {
                for round in 0..20 {
                    let (job, results) = job(thread * 100 + round * 3, 1, 3);
                    handle.run_job(job).unwrap();
                    assert_eq!(results.lock().len(), 3);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    world.handle.stop();
}

#[test]
fn a_failed_task_aborts_the_job_with_sparks_sentence() {
    let world = world(&[("spark.task.maxFailures", "2")]);
    world.executor(0, 1).serve(|task, _| {
        let reason = TaskEndReason::ExceptionFailure {
            kind: ExceptionKind::User,
            message: "boom".to_owned(),
            backtrace: String::new(),
        };
        ended(task, TaskOutcome::Failed(Arc::new(reason)))
    });
    let (job, _) = job(0, 0, 1);
    let Err(JobError::Aborted(message)) = world.handle.run_job(job) else { panic!("not aborted") };
    assert!(
        message.starts_with(
            "Job aborted due to stage failure: Task 0 in stage 0.0 failed 2 times, most recent failure: "
        ),
        "{message}"
    );
    assert!(message.contains("boom"));
    world.handle.stop();
}

#[test]
fn a_cancelled_job_kills_its_tasks() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let (submission, _) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let task = executor.next_launch().1.remove(0);
    world.handle.cancel(CancelTarget::Job(JobId(0)), "no longer needed");
    let Err(JobError::Cancelled(message)) = running.join().unwrap() else { panic!("not cancelled") };
    assert!(message.starts_with("Job 0 cancelled"), "{message}");
    executor.until(|told| matches!(told, ToExecutor::Kill { id, .. } if *id == task.description.id));
    world.handle.stop();
}

#[test]
fn twenty_thousand_empty_tasks_pass_through() {
    let world = world(&[]);
    for id in 0..2 {
        world.executor(id, 1).serve(succeed);
    }
    let (job, results) = job(0, 0, 20_000);
    world.handle.run_job(job).unwrap();
    assert_eq!(results.lock().len(), 20_000);
    world.handle.stop();
}

#[test]
fn many_small_jobs_run_one_after_another() {
    let world = world(&[]);
    for id in 0..2 {
        world.executor(id, 1).serve(succeed);
    }
    for at in 0..200 {
        let (job, _) = job(at, 0, 2);
        world.handle.run_job(job).unwrap();
    }
    world.handle.stop();
}
