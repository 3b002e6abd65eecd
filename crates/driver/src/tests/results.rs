//! Results on their way from an executor to the program.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use hearth_rpc::message::{FromExecutor, RemoveBlocks, TaskOutcome, ToExecutor};
use hearth_types::{BlockId, StageId, TaskAttempt, TaskEndReason, TaskId};

use super::sum_of_updates;
use super::support::*;
use crate::JobError;

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
            let nowhere = TaskAttempt { stage: StageId(99), task: TaskId(1 << 40), ..end.id };
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
