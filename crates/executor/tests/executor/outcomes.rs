//! How attempts end: results small and large, failures, panics.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hearth_rpc::message::{RemoveBlocks, TaskOutcome, ToExecutor};
use hearth_types::{BlockId, ExceptionKind, TaskBinaryId, TaskEndReason, TaskId};
use rustix::time::{ClockId, clock_gettime};

use super::common::{Played, Table, failure, result, task};

/// Message and backtrace of a failure.
fn exception(outcome: &TaskOutcome) -> (&str, &str) {
    let TaskOutcome::Failed(reason) = outcome else { panic!("{outcome:?}") };
    let TaskEndReason::ExceptionFailure { kind: ExceptionKind::User, message, backtrace } = &**reason else {
        panic!("{reason:?}")
    };
    (message, backtrace)
}

fn deep_in_the_users_code(number: u64) -> TaskOutcome {
    assert!(number > 99, "number {number} is too small");
    result("")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_fails_its_attempt_with_message_and_backtrace_and_nothing_else() {
    let table = Table::default().with("user", |call| match call.task.description.id.task.0 {
        0 => deep_in_the_users_code(7),
        number => result(number.to_string()),
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("user", vec![task(0), task(1)]);
    let ended = played.ended().await;
    let (message, backtrace) = exception(&ended.outcome);
    assert!(message.starts_with("panicked at ") && message.contains("outcomes.rs:"), "{message}");
    assert!(message.ends_with(": number 7 is too small"), "{message}");
    assert!(backtrace.contains("deep_in_the_users_code"), "{backtrace}");
    assert!(!backtrace.contains("core::panicking") && !backtrace.contains("task-slot"), "{backtrace}");
    assert_eq!(played.ended().await.outcome, result("1"));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unwinding_without_panic_has_its_text() {
    let table = Table::default().with("throw", |_| std::panic::resume_unwind(Box::new("thrown".to_owned())));
    let mut played = Played::start(1, table, &[]);
    played.launch("throw", vec![task(0)]);
    assert_eq!(exception(&played.ended().await.outcome), ("thrown", ""));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_stays_what_the_front_door_says() {
    let table = Table::default().with("fail", |_| failure("no such file"));
    let mut played = Played::start(1, table, &[]);
    played.launch("fail", vec![task(0)]);
    assert_eq!(played.ended().await.outcome, failure("no such file"));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_is_decoded_once_for_all_its_attempts() {
    let table = Table::default().with("ok", |_| result(""));
    let prepared = table.prepared.clone();
    let mut played = Played::start(4, table, &[]);
    played.launch("ok", (0..40).map(task).collect());
    played.launch("ok", (40..50).map(task).collect());
    played.all_ended(50).await;
    assert_eq!(prepared.load(Ordering::SeqCst), 1);
    played.tell(ToExecutor::ForgetBinaries(vec![TaskBinaryId(0)]));
    played.launch("ok", vec![task(50)]);
    played.ended().await;
    assert_eq!(prepared.load(Ordering::SeqCst), 2);
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_does_not_decode_fails_all_its_attempts() {
    for (name, says) in [("broken", "no stage broken"), ("bomb", "a bomb")] {
        let table = Table::default();
        let prepared = table.prepared.clone();
        let mut played = Played::start(2, table, &[]);
        played.launch(name, (0..5).map(task).collect());
        for outcome in played.all_ended(5).await.values() {
            let (message, _) = exception(outcome);
            assert!(message.ends_with(says), "{message}");
        }
        assert_eq!(prepared.load(Ordering::SeqCst), 1);
        played.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_without_its_binary_fails_and_says_so() {
    let mut played = Played::start(1, Table::default(), &[]);
    played.tell(ToExecutor::Launch { binaries: Vec::new(), tasks: vec![task(0)] });
    assert_eq!(exception(&played.ended().await.outcome).0, "binary 0 never came");
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_result_is_kept_as_a_block_until_it_is_removed() {
    let table =
        Table::default().with("size", |call| result(vec![7; 99 + call.task.description.id.task.0 as usize]));
    let mut played = Played::start(1, table, &[("spark.task.maxDirectResultSize", "100b")]);
    played.launch("size", vec![task(1), task(2)]);
    let small = played.ended().await;
    assert_eq!((small.outcome, small.metrics.result_size), (result(vec![7; 100]), 100));
    let large = played.ended().await;
    assert_eq!((large.outcome, large.metrics.result_size), (TaskOutcome::StoredResult { size: 101 }, 101));
    let blocks = played.executor.env().block_manager().clone();
    let block = BlockId::TaskResult(TaskId(2));
    assert_eq!(blocks.get_bytes(block).unwrap(), Some(Bytes::from(vec![7; 101])));
    played.tell(ToExecutor::Remove(RemoveBlocks::Block(block)));
    let gone = tokio::task::spawn_blocking(move || {
        while blocks.get_bytes(block).unwrap().is_some() {
            std::thread::yield_now();
        }
    });
    tokio::time::timeout(super::common::PATIENCE, gone).await.unwrap().unwrap();
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_measured() {
    let table = Table::default().with("burn", |_| {
        let on_cpu = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
        let end = on_cpu() + Duration::from_millis(20);
        while on_cpu() < end {}
        result("")
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("burn", vec![task(0)]);
    let metrics = played.ended().await.metrics;
    // A clock that is being set right runs a little slower than the processor's.
    assert!(metrics.executor_run_millis >= 19 && metrics.executor_run_micros >= 19_000, "{metrics:?}");
    assert!(metrics.executor_cpu_nanos >= 20_000_000, "{metrics:?}");
    played.shut_down().await;
}
