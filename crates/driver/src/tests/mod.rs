//! The driver with the real scheduler and executors that the test plays.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hearth_cluster::ClusterEvent;
use hearth_rpc::message::{FromExecutor, RemoveBlocks, TaskOutcome, ToExecutor};
use hearth_scheduler::CancelTarget;
use hearth_types::{
    BlockId, ExceptionKind, ExecutorId, ExecutorLossReason, JobId, ListenerEvent, RddId, ShuffleId,
    TaskAttempt, TaskEndReason, TaskId,
};
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
fn a_broken_stream_makes_its_tasks_run_elsewhere_and_the_exit_code_is_told() {
    let world = world(&[]);
    let doomed = world.executor(0, 2);
    let (submission, results) = job(0, 0, 4);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    doomed.next_launch();
    let id = doomed.id;
    drop(doomed);
    world.exited(id, 137);
    let ListenerEvent::ExecutorRemoved { reason, .. } =
        world.hear(|event| matches!(event, ListenerEvent::ExecutorRemoved { .. }))
    else {
        panic!();
    };
    assert_eq!(reason, ExecutorLossReason::Exited { code: 137 });
    world.executor(1, 2).serve(succeed);
    running.join().unwrap().unwrap();
    assert_eq!(results.lock().len(), 4);
    world.handle.stop();
}

#[test]
fn a_broken_stream_without_an_exit_code_is_a_disconnect() {
    let world = world(&[]);
    drop(world.executor(0, 2));
    let ListenerEvent::ExecutorRemoved { reason, .. } =
        world.hear(|event| matches!(event, ListenerEvent::ExecutorRemoved { .. }))
    else {
        panic!();
    };
    assert_eq!(reason, ExecutorLossReason::Disconnected);
    world.handle.stop();
}

#[test]
fn an_executor_number_that_was_used_is_refused_with_a_way_out() {
    let world = world(&[]);
    let first = world.executor(0, 1);
    let (attached, second) = fake(0, 1);
    world.attach.send(attached).unwrap();
    let ToExecutor::Refused(reason) = second.next() else { panic!("not refused") };
    assert!(reason.contains("executor 0 has registered before"), "{reason}");
    first.serve(succeed);
    let (job, _) = job(0, 0, 2);
    world.handle.run_job(job).unwrap();
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
fn senseless_and_repeated_task_ends_harm_nobody() {
    let world = world(&[]);
    let sum = sum_of_updates(&world, 1);
    let executor = world.executor(0, 2);
    let (submission, results) = job(0, 0, 3);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let mut done = 0;
    while done < 3 {
        for task in executor.next_launch().1 {
            let mut end = succeed(&task, &Bytes::from("result"));
            end.accumulators = vec![(1, Bytes::from_static(&[1]))];
            let mut unknown = end.clone();
            let nowhere = TaskAttempt { stage: hearth_types::StageId(99), task: TaskId(1 << 40), ..end.id };
            unknown.id = nowhere;
            let mut confused = end.clone();
            confused.id.attempt = 77;
            confused.id.task = TaskId(1 << 41);
            let stored = ended(&task, TaskOutcome::StoredResult { size: 1 });
            let lie = ended(&task, TaskOutcome::Failed(Arc::new(TaskEndReason::Success)));
            let batch = vec![unknown, confused, end.clone(), end, stored, lie];
            executor.speak.send(FromExecutor::TasksEnded(batch)).unwrap();
            done += 1;
        }
    }
    running.join().unwrap().unwrap();
    let mut indexes: Vec<u32> = results.lock().iter().map(|(index, _)| *index).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, [0, 1, 2]);
    assert_eq!(sum.load(Ordering::SeqCst), 3);
    // The stored copy that nobody wants is deleted where it is.
    executor.until(|told| matches!(told, ToExecutor::Remove(RemoveBlocks::Block(BlockId::TaskResult(_)))));
    world.handle.stop();
}

#[test]
fn a_large_result_is_fetched_from_its_executor_and_deleted_there() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let (submission, results) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let task = executor.next_launch().1.remove(0);
    let block = BlockId::TaskResult(task.description.id.task);
    world.blocks.lock().insert(block, Bytes::from_static(b"large"));
    executor.end(ended(&task, TaskOutcome::StoredResult { size: 5 }));
    running.join().unwrap().unwrap();
    assert_eq!(*results.lock(), vec![(0, Bytes::from_static(b"large"))]);
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Block(block)));
    world.handle.stop();
}

#[test]
fn a_large_result_that_is_lost_makes_the_task_run_again() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let (submission, results) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let task = executor.next_launch().1.remove(0);
    executor.end(ended(&task, TaskOutcome::StoredResult { size: 5 }));
    let again = executor.next_launch().1.remove(0);
    assert_eq!(again.description.id.attempt, 1);
    executor.end(succeed(&again, &Bytes::from("result")));
    running.join().unwrap().unwrap();
    assert_eq!(results.lock().len(), 1);
    world.handle.stop();
}

#[test]
fn broadcasts_caches_and_shuffles_are_removed_where_they_are() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let id = world.handle.add_broadcast(Bytes::from_static(b"value"));
    let block = BlockId::Broadcast(id);
    assert_eq!(world.blocks.lock()[&block], Bytes::from_static(b"value"));
    world.handle.remove_block(block, false);
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Block(block)));
    assert!(world.blocks.lock().contains_key(&block));
    world.handle.remove_block(block, true);
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Block(block)));
    assert!(!world.blocks.lock().contains_key(&block));
    world.handle.unpersist(RddId(5));
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Rdd(RddId(5))));
    world.handle.release_shuffle(ShuffleId(6));
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Shuffle(ShuffleId(6))));
    world.handle.stop();
}

#[test]
fn map_outputs_come_with_the_addresses_of_their_executors() {
    let world = world(&[]);
    let executor = world.executor(3, 1);
    let (submission, _) = job(0, 1, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let map = executor.next_launch().1.remove(0);
    executor.end(succeed(&map, &Bytes::from("map")));
    let reduce = executor.next_launch().1.remove(0);
    executor.speak.send(FromExecutor::MapOutputsRequest(ShuffleId(0))).unwrap();
    let ToExecutor::MapOutputs(outputs) = executor.next() else { panic!("no outputs") };
    assert_eq!(outputs.outputs.len(), 1);
    assert_eq!(outputs.outputs[0].as_ref().unwrap().executor, ExecutorId(3));
    assert_eq!(outputs.addresses[&ExecutorId(3)], "host:7003");
    executor.speak.send(FromExecutor::CommitRequest(reduce.description.id)).unwrap();
    assert_eq!(executor.next(), ToExecutor::CommitAnswer { id: reduce.description.id, allowed: true });
    executor.end(succeed(&reduce, &Bytes::from("result")));
    running.join().unwrap().unwrap();
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
fn a_panic_over_a_result_fails_that_job_and_no_other() {
    let world = world(&[]);
    world.executor(0, 2).serve(succeed);
    let (mut bad, _) = job(0, 0, 4);
    bad.on_result = Box::new(|_, _| panic!("cannot decode"));
    let Err(JobError::Aborted(message)) = world.handle.run_job(bad) else { panic!("not aborted") };
    assert!(message.contains("cannot decode"), "{message}");
    let (good, results) = job(10, 0, 4);
    world.handle.run_job(good).unwrap();
    assert_eq!(results.lock().len(), 4);
    world.handle.stop();
}

#[test]
fn stop_ends_every_job_and_everything_else_within_two_seconds() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let (submission, _) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    executor.next_launch();
    let begin = Instant::now();
    world.handle.stop();
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(running.join().unwrap(), Err(JobError::Stopped));
    executor.until(|told| *told == ToExecutor::Shutdown);
    assert!(world.asked.iter().any(|asked| asked == Asked::Stop));
    assert!(!world.temp_dir.exists());
    let heard: Vec<ListenerEvent> = world.heard.iter().collect();
    assert!(matches!(heard.first(), Some(ListenerEvent::ApplicationStart { .. })));
    assert!(matches!(heard.get(1), Some(ListenerEvent::EnvironmentUpdate { .. })));
    assert!(matches!(heard.last(), Some(ListenerEvent::ApplicationEnd { .. })));
    world.handle.stop();
    let (late, _) = job(10, 0, 1);
    assert_eq!(world.handle.run_job(late), Err(JobError::Stopped));
    world.handle.cancel(CancelTarget::All, "");
    assert!(world.handle.status().job_info(JobId(0)).is_some());
}

#[test]
fn executors_that_cannot_be_had_are_asked_for_again() {
    let world = world(&[]);
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(2));
    world.exited(ExecutorId(0), 1);
    world.cluster.send(ClusterEvent::RequestFailed { reason: "no room".to_owned() }).unwrap();
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(2));
    world.handle.stop();
}

#[test]
fn the_event_log_holds_the_whole_application() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let world = world(&[
        ("spark.eventLog.enabled", "true"),
        ("spark.eventLog.dir", path),
        ("spark.eventLog.compress", "false"),
        ("spark.eventLog.rolling.enabled", "false"),
        ("spark.app.id", "app-7"),
    ]);
    world.executor(0, 2).serve(succeed);
    let (job, _) = job(0, 1, 2);
    world.handle.run_job(job).unwrap();
    world.handle.stop();
    let text = std::fs::read_to_string(directory.path().join("app-7")).unwrap();
    let count = |event: &str| {
        text.lines().filter(|line| line.starts_with(&format!("{{\"Event\":\"{event}\""))).count()
    };
    assert_eq!(count("SparkListenerTaskEnd"), 4);
    assert_eq!((count("SparkListenerJobStart"), count("SparkListenerJobEnd")), (1, 1));
    assert_eq!((count("SparkListenerStageSubmitted"), count("SparkListenerStageCompleted")), (2, 2));
    assert!(text.lines().last().unwrap().contains("SparkListenerApplicationEnd"));
}
