//! Executors come, speak and go.

use bytes::Bytes;
use hearth_cluster::ClusterEvent;
use hearth_rpc::message::{FromExecutor, RemoveBlocks, ToExecutor};
use hearth_types::{
    BlockId, ExecutorId, ExecutorLossReason, ExecutorMetrics, ListenerEvent, RddId, ShuffleId,
};

use super::support::*;
use crate::JobError;

#[test]
fn a_broken_stream_makes_its_tasks_run_elsewhere_and_the_exit_code_is_told() {
    let world = world(&[]);
    let doomed = world.executor(0, 2);
    let (submission, results) = job(0, 0, 4);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    doomed.next_launch();
    world.exited(doomed.id, 137);
    drop(doomed);
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
fn an_executor_that_is_decommissioned_gets_no_more_tasks_and_its_loss_is_nobodys_fault() {
    let world = world(&[("spark.task.maxFailures", "1")]);
    let (leaving, staying) = (world.executor(0, 1), world.executor(1, 1));
    let (submission, results) = job(0, 0, 3);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    let first = leaving.next_launch().1.remove(0);
    let second = staying.next_launch().1.remove(0);
    leaving.speak.send(FromExecutor::Decommissioning).unwrap();
    leaving.end(succeed(&first, &Bytes::from("first")));
    // Told to go as soon as it is not needed; and if it is gone before it heard that, it is as good.
    assert_eq!(leaving.next(), ToExecutor::Shutdown);
    let doomed = world.executor(2, 1);
    let third = doomed.next_launch();
    assert_eq!(third.1.len(), 1);
    doomed.speak.send(FromExecutor::Decommissioning).unwrap();
    drop(doomed);
    let ListenerEvent::ExecutorRemoved { reason, .. } = world.hear(|event| {
        matches!(event, ListenerEvent::ExecutorRemoved { executor, .. } if *executor == ExecutorId(2))
    }) else {
        panic!();
    };
    assert_eq!(reason, ExecutorLossReason::NotByApp("Executor decommission".to_owned()));
    staying.end(succeed(&second, &Bytes::from("second")));
    let again = staying.next_launch().1.remove(0);
    staying.end(succeed(&again, &Bytes::from("third")));
    running.join().unwrap().unwrap();
    assert_eq!(results.lock().len(), 3);
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
fn an_executor_whose_end_is_heard_of_before_its_registration_gets_no_tasks() {
    let world = world(&[]);
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(2));
    world.exited(ExecutorId(0), 137);
    // Answered after what was said before it.
    world.cluster.send(ClusterEvent::RequestFailed { reason: "no room".to_owned() }).unwrap();
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(2));
    let (attached, late) = fake(0, 1);
    world.attach.send(attached).unwrap();
    let ToExecutor::Refused(reason) = late.next() else { panic!("not refused") };
    assert!(reason.contains("executor 0 has registered before or has ended"), "{reason}");
    world.handle.stop();
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
fn edited_bounds_count_from_now_on() {
    let settings =
        [("spark.dynamicAllocation.enabled", "true"), ("spark.dynamicAllocation.maxExecutors", "4")];
    let world = world(&settings);
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(0));
    world.cluster.send(ClusterEvent::BoundsChanged { min: Some(6), max: Some(8) }).unwrap();
    assert_eq!(world.asked.recv_timeout(WAIT).unwrap(), Asked::Request(6));
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
    let (submission, _) = job(6, 1, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    for code in ["map", "result"] {
        let task = executor.next_launch().1.remove(0);
        executor.end(succeed(&task, &Bytes::from(code)));
    }
    running.join().unwrap().unwrap();
    world.handle.release_shuffle(ShuffleId(6));
    executor.until(|told| *told == ToExecutor::Remove(RemoveBlocks::Shuffle(ShuffleId(6))));
    world.handle.stop();
}

#[test]
fn a_silent_executor_is_given_up_and_its_tasks_run_elsewhere() {
    let world = world(&[("spark.network.timeout", "1s")]);
    let (submission, _) = job(0, 0, 4);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    world.hear(|event| matches!(event, ListenerEvent::JobStart { .. }));
    // Its time begins to run now, and the tasks are there.
    let silent = world.executor(0, 2);
    silent.next_launch();
    let ListenerEvent::ExecutorRemoved { reason, .. } =
        world.hear(|event| matches!(event, ListenerEvent::ExecutorRemoved { .. }))
    else {
        panic!();
    };
    assert!(matches!(reason, ExecutorLossReason::HeartbeatTimeout { .. }), "{reason}");
    assert!(world.asked.iter().any(|asked| asked == Asked::Abandon(ExecutorId(0))));
    assert!(silent.told.recv_timeout(WAIT).is_err(), "its stream is closed");
    // Silent as well, but all tasks are launched when it comes.
    assert_eq!(world.executor(1, 4).next_launch().1.len(), 4);
    world.handle.stop();
    assert_eq!(running.join().unwrap(), Err(JobError::Stopped));
}

#[test]
fn listeners_hear_of_a_heartbeat_that_shows_a_change() {
    let world = world(&[]);
    let executor = world.executor(0, 2);
    let busy = ExecutorMetrics { resident_memory: 30 << 20, running_tasks: 2, ..ExecutorMetrics::default() };
    let idle = ExecutorMetrics { running_tasks: 0, ..busy };
    for metrics in [busy, busy, ExecutorMetrics { resident_memory: busy.resident_memory + 1, ..busy }, idle] {
        executor.heartbeat(metrics);
    }
    let next = || world.hear(|event| matches!(event, ListenerEvent::ExecutorMetricsUpdate { .. }));
    let executor = ExecutorId(0);
    assert_eq!(next(), ListenerEvent::ExecutorMetricsUpdate { executor, metrics: busy });
    assert_eq!(next(), ListenerEvent::ExecutorMetricsUpdate { executor, metrics: idle });
    assert_eq!(world.handle.status_store().executor(executor).unwrap().metrics, idle);
    world.handle.stop();
}

#[test]
fn an_idle_executor_is_told_to_go_and_its_end_is_no_failure() {
    let world = world(&[
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.executorIdleTimeout", "1s"),
        ("spark.dynamicAllocation.schedulerBacklogTimeout", "1s"),
    ]);
    let executor = world.executor(0, 2);
    executor.until(|told| *told == ToExecutor::Shutdown);
    assert!(world.asked.iter().any(|asked| asked == Asked::Remove(vec![ExecutorId(0)])));
    drop(executor);
    world.exited(ExecutorId(0), 0);
    let ListenerEvent::ExecutorRemoved { reason, .. } =
        world.hear(|event| matches!(event, ListenerEvent::ExecutorRemoved { .. }))
    else {
        panic!();
    };
    assert_eq!(reason, ExecutorLossReason::Removed);
    world.handle.stop();
}
