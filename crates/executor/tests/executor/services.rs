//! What attempts ask of the driver.

use std::collections::BTreeMap;

use hearth_rpc::message::{FromExecutor, MapOutputs, RemoveBlocks, TaskOutcome, ToExecutor};
use hearth_storage::FetchLimits;
use hearth_types::{BroadcastId, KillReason, ShuffleId, TaskEndReason};

use super::common::{Played, Table, failure, result, task, task_at};

const SHUFFLE: ShuffleId = ShuffleId(4);

fn answer(epoch: u64) -> ToExecutor {
    let addresses = BTreeMap::new();
    ToExecutor::MapOutputs(MapOutputs { shuffle: SHUFFLE, epoch, outputs: [None, None].into(), addresses })
}

/// Says which epoch it got.
fn asking() -> Table {
    Table::default().with("ask", |call| {
        let found = call.env.map_outputs(SHUFFLE, call.task.description.epoch, call.cancel);
        found.map_or_else(|error| failure(&error.to_string()), |found| result(found.epoch.to_string()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn map_outputs_are_asked_for_once_and_kept_until_a_newer_epoch() {
    let mut played = Played::start(2, asking(), &[]);
    played.launch("ask", vec![task_at(0, 3), task_at(1, 3)]);
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    played.tell(answer(3));
    assert_eq!(played.all_ended(2).await, BTreeMap::from([(0, result("3")), (1, result("3"))]));
    // Known: nothing is asked.
    played.launch("ask", vec![task_at(2, 3), task_at(3, 2)]);
    assert_eq!(played.all_ended(2).await, BTreeMap::from([(2, result("3")), (3, result("3"))]));
    // A newer epoch: asked again, and an older answer that comes late does not do.
    played.launch("ask", vec![task_at(4, 5)]);
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    played.tell(answer(4));
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    played.tell(answer(6));
    assert_eq!(played.ended().await.outcome, result("6"));
    played.tell(answer(5));
    played.launch("ask", vec![task_at(5, 6)]);
    assert_eq!(played.ended().await.outcome, result("6"));
    // A removed shuffle is forgotten.
    played.tell(ToExecutor::Remove(RemoveBlocks::Shuffle(SHUFFLE)));
    played.launch("ask", vec![task_at(6, 6)]);
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    played.tell(answer(6));
    assert_eq!(played.ended().await.outcome, result("6"));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_attempt_does_not_wait_for_answers() {
    let mut played = Played::start(1, asking(), &[]);
    played.launch("ask", vec![task(0)]);
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    played.tell(ToExecutor::Kill { id: task(0).description.id, reason: KillReason::StageCancelled });
    let killed = TaskEndReason::TaskKilled(KillReason::StageCancelled);
    assert_eq!(played.ended().await.outcome, TaskOutcome::Failed(killed.into()));
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_driver_decides_who_commits() {
    let table = Table::default().with("commit", |call| {
        let allowed = call.env.may_commit(call.task.description.id, call.cancel);
        allowed.map_or_else(|error| failure(&error.to_string()), |allowed| result(allowed.to_string()))
    });
    let mut played = Played::start(1, table, &[]);
    for (number, allowed) in [(0, true), (1, false)] {
        played.launch("commit", vec![task(number)]);
        let id = task(number).description.id;
        assert_eq!(played.hear().await, FromExecutor::CommitRequest(id));
        // The answer to somebody else is not the answer.
        played.tell(ToExecutor::CommitAnswer { id: task(7).description.id, allowed: !allowed });
        played.tell(ToExecutor::CommitAnswer { id, allowed });
        assert_eq!(played.ended().await.outcome, result(allowed.to_string()));
    }
    played.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_that_wait_when_the_driver_goes_fail() {
    let mut played = Played::start(1, asking(), &[]);
    played.launch("ask", vec![task(0)]);
    assert_eq!(played.hear().await, FromExecutor::MapOutputsRequest(SHUFFLE));
    let (closed, _) = hearth_rpc::control::channel();
    drop(std::mem::replace(&mut played.to_executor, closed));
    let killed = TaskEndReason::TaskKilled(KillReason::ExecutorShutdown);
    assert_eq!(played.ended().await.outcome, TaskOutcome::Failed(killed.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_value_that_is_not_there_is_named() {
    let table = Table::default().with("read", |call| {
        let found = call.env.broadcast(BroadcastId(3), call.cancel);
        found.map_or_else(|error| failure(&error.to_string()), TaskOutcome::Result)
    });
    let mut played = Played::start(1, table, &[]);
    played.launch("read", vec![task(0)]);
    let TaskOutcome::Failed(reason) = played.ended().await.outcome else { panic!("found") };
    assert!(reason.to_string().contains("broadcast variable 3 is gone"), "{reason}");
    let blocks = played.executor.env().block_manager();
    let level = hearth_types::StorageLevel::MEMORY_AND_DISK_SER;
    blocks.put_bytes(hearth_types::BlockId::Broadcast(BroadcastId(3)), "value".into(), level).unwrap();
    played.launch("read", vec![task(1)]);
    assert_eq!(played.ended().await.outcome, result("value"));
    played.shut_down().await;
}

#[tokio::test]
async fn shuffle_reads_have_the_limits_that_the_settings_say() {
    let settings = [("spark.reducer.maxSizeInFlight", "1m"), ("spark.shuffle.io.maxRetries", "7")];
    let played = Played::start(1, Table::default(), &settings);
    let limits = played.executor.env().fetch_limits();
    assert_eq!((limits.max_bytes_in_flight, limits.max_retries), (1 << 20, 7));
    assert_eq!(
        FetchLimits { max_bytes_in_flight: 48 << 20, max_retries: 3, ..limits },
        FetchLimits::default()
    );
    played.shut_down().await;
}
