//! Slots: how many attempts run, in which order, and how they are stopped.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use bytes::Bytes;
use hearth_executor::Ending;
use hearth_rpc::message::{FromExecutor, TaskOutcome, ToExecutor};
use hearth_types::{BlockId, KillReason, RddId, StorageLevel, TaskEndReason, TaskId};

use super::common::{Played, Table, failure, result, task};

fn killed(reason: KillReason) -> TaskOutcome {
    TaskOutcome::Failed(Arc::new(TaskEndReason::TaskKilled(reason)))
}

/// A body that says that it runs and then waits to be let go; with the two ends for the test.
fn gate() -> (Table, mpsc::Receiver<u64>, mpsc::Sender<()>) {
    let (started, starts) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    let gone = Mutex::new(gone);
    let table = Table::default().with("gate", move |call| {
        let number = call.task.description.id.task.0;
        started.send(number).unwrap();
        gone.lock().unwrap().recv().unwrap();
        result(number.to_string())
    });
    (table, starts, go)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_slots_are_used_and_never_more() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, barrier) = (Arc::clone(&most), Barrier::new(3));
    let table = Table::default().with("count", move |_| {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // Only three at a time get past this.
        barrier.wait();
        running.fetch_sub(1, Ordering::SeqCst);
        result("")
    });
    let mut played = Played::start(3, table, &[]);
    played.launch("count", (0..60).map(task).collect());
    assert_eq!(played.all_ended(60).await.len(), 60);
    assert_eq!(seen.load(Ordering::SeqCst), 3);
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_attempt_cached_is_told_before_its_end_or_with_it() {
    let table = Table::default().with("cache", |call| {
        let partition = call.task.description.id.partition;
        let block = BlockId::Rdd { rdd: RddId(0), partition };
        let bytes = Bytes::from_static(b"cached");
        assert!(call.env.block_manager().put_bytes(block, bytes, StorageLevel::MEMORY_ONLY).unwrap());
        result("")
    });
    // Whoever tells of blocks, an attempt or a heartbeat, tells of those of all attempts.
    let mut played = Played::start(4, table, &[("spark.executor.heartbeatInterval", "1ms")]);
    let count = 2_000;
    played.launch("cache", (0..count).map(task).collect());
    let (mut told, mut ended) = (BTreeSet::new(), 0);
    while ended < count {
        match played.hear().await {
            FromExecutor::TasksEnded(tasks) => {
                for task in tasks {
                    told.extend(task.blocks.iter().map(|update| update.partition));
                    assert!(told.contains(&task.id.partition), "{} ended unheard", task.id);
                    ended += 1;
                }
            }
            FromExecutor::BlockUpdates(updates) => told.extend(updates.iter().map(|update| update.partition)),
            other => panic!("{other:?}"),
        }
    }
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_start_in_the_order_of_their_launch() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let table = Table::default().with("note", move |call| {
        order.lock().unwrap().push(call.task.description.id.task.0);
        result("")
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("note", vec![task(5), task(3)]);
    played.launch("note", vec![task(9), task(1)]);
    played.all_ended(4).await;
    assert_eq!(*seen.lock().unwrap(), [5, 3, 9, 1]);
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_attempt_that_is_killed_is_reported_at_once_and_never_runs() {
    let (table, starts, go) = gate();
    let mut played = Played::start(1, table, &[]);
    played.launch("gate", vec![task(0), task(1), task(2)]);
    assert_eq!(starts.recv().unwrap(), 0);
    let id = task(1).description.id;
    played.tell(ToExecutor::Kill { id, reason: KillReason::StageCancelled });
    let ended = played.ended().await;
    assert_eq!((ended.id, ended.outcome), (id, killed(KillReason::StageCancelled)));
    go.send(()).unwrap();
    assert_eq!(played.ended().await.outcome, result("0"));
    assert_eq!(starts.recv().unwrap(), 2);
    go.send(()).unwrap();
    assert_eq!(played.ended().await.outcome, result("2"));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_attempt_that_is_killed_sees_its_flag_and_its_failure_is_the_kill() {
    let (started, starts) = mpsc::channel();
    let table = Table::default().with("spin", move |call| {
        started.send(()).unwrap();
        let flag = call.cancel.as_flag();
        while !flag.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        assert_eq!(call.cancel.reason(), Some(&KillReason::AnotherAttemptSucceeded));
        failure("interrupted")
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("spin", vec![task(0)]);
    starts.recv().unwrap();
    let id = task(0).description.id;
    played.tell(ToExecutor::Kill { id, reason: KillReason::AnotherAttemptSucceeded });
    played.tell(ToExecutor::Kill { id, reason: KillReason::StageCancelled });
    assert_eq!(played.ended().await.outcome, killed(KillReason::AnotherAttemptSucceeded));
    // It has ended: nothing more is said of it.
    played.tell(ToExecutor::Kill { id, reason: KillReason::StageCancelled });
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_finishes_although_it_was_killed_has_finished() {
    let (started, starts) = mpsc::channel();
    let table = Table::default().with("stubborn", move |call| {
        started.send(()).unwrap();
        while !call.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        result("done")
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("stubborn", vec![task(0)]);
    starts.recv().unwrap();
    let id = task(0).description.id;
    played.tell(ToExecutor::Kill { id, reason: KillReason::StageCancelled });
    assert_eq!(played.ended().await.outcome, result("done"));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_tells_running_attempts_to_stop() {
    let (started, starts) = mpsc::channel();
    let (stopped, stops) = mpsc::channel();
    let table = Table::default().with("spin", move |call| {
        started.send(()).unwrap();
        while !call.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        stopped.send(call.cancel.reason().cloned()).unwrap();
        result("")
    });
    for (ending, disconnect) in [(Ending::Shutdown, false), (Ending::Disconnected, true)] {
        let mut played = Played::start(1, table.clone(), &[]);
        played.launch("spin", vec![task(0)]);
        starts.recv().unwrap();
        if !disconnect {
            played.tell(ToExecutor::Shutdown);
        }
        drop(played.to_executor);
        assert_eq!(played.executor.ended().await, ending);
        assert_eq!(stops.recv().unwrap(), Some(KillReason::ExecutorShutdown));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_executor_ends_with_the_reason() {
    let mut played = Played::start(1, Table::default(), &[]);
    played.tell(ToExecutor::Refused("another build".into()));
    assert_eq!(played.executor.ended().await, Ending::Refused("another build".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_come_as_often_as_configured() {
    let mut played = Played::start(1, Table::default(), &[("spark.executor.heartbeatInterval", "5ms")]);
    for _ in 0..3 {
        assert!(matches!(played.from_executor.recv().await, Some(FromExecutor::Heartbeat(_))));
    }
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_says_what_runs_what_waits_and_how_much_memory_is_held() {
    let (table, starts, go) = gate();
    let mut played = Played::start(1, table, &[("spark.executor.heartbeatInterval", "5ms")]);
    let memory = played.executor.env().memory().task(TaskId(9));
    let granted = memory.acquire(1 << 20);
    assert_eq!(granted, 1 << 20);
    played.launch("gate", vec![task(0), task(1), task(2)]);
    assert_eq!(starts.recv().unwrap(), 0);
    let metrics = played.measured(|metrics| metrics.queued_tasks == 2).await;
    assert_eq!((metrics.running_tasks, metrics.execution_memory), (1, 1 << 20));
    #[cfg(target_os = "linux")]
    assert!(metrics.resident_memory > 0);
    (0..3).for_each(|_| go.send(()).unwrap());
    drop(memory);
    played.measured(|metrics| (metrics.running_tasks, metrics.queued_tasks) == (0, 0)).await;
    played.shut_down().await;
}

#[test]
fn nothing_is_left_when_the_runtime_goes_away() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let played = runtime.block_on(async { Played::start(2, Table::default(), &[]) });
    let Played { executor, to_executor: _to_executor, from_executor: _from_executor, .. } = played;
    let env = Arc::downgrade(executor.env());
    drop(executor);
    assert!(env.upgrade().is_some(), "an executor lives without its handle");
    drop(runtime);
    let begin = std::time::Instant::now();
    while env.upgrade().is_some() {
        assert!(begin.elapsed() < super::common::PATIENCE, "a slot is still there");
        std::thread::yield_now();
    }
}
