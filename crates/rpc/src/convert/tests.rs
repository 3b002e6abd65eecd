//! Every variant survives the way through protobuf, and no bytes make the way back panic.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hearth_types::*;
use prost::Message;

use super::Malformed;
use crate::generated::control as pb;
use crate::message::*;

fn attempt() -> TaskAttempt {
    TaskAttempt { stage: StageId(1), stage_attempt: 2, partition: 3, attempt: 4, task: TaskId(u64::MAX) }
}

fn update() -> BlockUpdate {
    let level = StorageLevel::MEMORY_AND_DISK_SER;
    BlockUpdate { rdd: RddId(9), partition: 8, level, memory_size: 7, disk_size: 6 }
}

fn metrics() -> TaskMetrics {
    TaskMetrics {
        executor_deserialize_millis: 1,
        executor_run_millis: 2,
        executor_run_micros: 3,
        executor_cpu_nanos: 4,
        result_size: 5,
        result_serialization_millis: 6,
        memory_bytes_spilled: 7,
        disk_bytes_spilled: 8,
        peak_execution_memory: 9,
        input: InputMetrics { bytes_read: 10, records_read: 11 },
        output: OutputMetrics { bytes_written: 12, records_written: 13 },
        shuffle_read: ShuffleReadMetrics {
            remote_blocks_fetched: 14,
            local_blocks_fetched: 15,
            fetch_wait_millis: 16,
            remote_bytes_read: 17,
            remote_bytes_read_to_disk: 18,
            local_bytes_read: 19,
            records_read: 20,
        },
        shuffle_write: ShuffleWriteMetrics { bytes_written: 21, write_nanos: 22, records_written: 23 },
    }
}

fn end_reasons() -> Vec<TaskEndReason> {
    let failure =
        |kind| TaskEndReason::ExceptionFailure { kind, message: "boom".into(), backtrace: "0: f".into() };
    let lost = |reason| TaskEndReason::ExecutorLost { executor: ExecutorId(5), reason };
    let fetch = |map_index, from| {
        let (shuffle, message) = (ShuffleId(1), "reset".to_owned());
        TaskEndReason::FetchFailed { shuffle, map_index, reduce: 3, from, message }
    };
    vec![
        TaskEndReason::Resubmitted,
        fetch(Some(0), Some(ExecutorId::DRIVER)),
        fetch(None, None),
        failure(ExceptionKind::User),
        failure(ExceptionKind::NotSerializable),
        failure(ExceptionKind::OutputExists),
        TaskEndReason::TaskResultLost,
        TaskEndReason::TaskKilled(KillReason::AnotherAttemptSucceeded),
        TaskEndReason::TaskKilled(KillReason::StageCancelled),
        TaskEndReason::TaskKilled(KillReason::ExecutorShutdown),
        TaskEndReason::TaskKilled(KillReason::Asked("why not".into())),
        TaskEndReason::TaskCommitDenied,
        lost(ExecutorLossReason::Exited { code: -7 }),
        lost(ExecutorLossReason::Disconnected),
        lost(ExecutorLossReason::HeartbeatTimeout { silent_millis: 1, limit_millis: 2 }),
        lost(ExecutorLossReason::Removed),
        lost(ExecutorLossReason::NotByApp("evicted".into())),
        lost(ExecutorLossReason::Failed("OOMKilled".into())),
    ]
}

fn map_sizes() -> [MapSizes; 3] {
    [MapSizes::from_bytes(&[]), MapSizes::from_bytes(&[0, 5, 1 << 40]), MapSizes::from_bytes(&[3; 2_001])]
}

fn from_executor() -> Vec<FromExecutor> {
    let ended = |outcome| TaskEnded {
        id: attempt(),
        outcome,
        metrics: Box::new(metrics()),
        accumulators: vec![(1, Bytes::from_static(b"one")), (2, Bytes::new())],
        blocks: vec![update()],
    };
    let mut outcomes: Vec<TaskOutcome> =
        map_sizes().map(|sizes| TaskOutcome::MapOutput { sizes, checksum: u64::MAX }).into();
    outcomes.push(TaskOutcome::Result(Bytes::from_static(b"result")));
    outcomes.push(TaskOutcome::Result(Bytes::new()));
    outcomes.push(TaskOutcome::StoredResult { size: 1 << 33 });
    outcomes.extend(end_reasons().into_iter().map(|reason| TaskOutcome::Failed(Arc::new(reason))));
    let bare = TaskEnded {
        metrics: Box::default(),
        accumulators: Vec::new(),
        blocks: Vec::new(),
        ..ended(TaskOutcome::Result(Bytes::new()))
    };
    vec![
        FromExecutor::Register(Registration {
            executor: ExecutorId(1),
            host: "here".into(),
            slots: 2,
            block_address: "here:3".into(),
            max_memory: 4,
            protocol_version: 5,
            build_id: "six".into(),
        }),
        FromExecutor::TasksEnded(outcomes.into_iter().map(ended).chain([bare]).collect()),
        FromExecutor::TasksEnded(Vec::new()),
        FromExecutor::Heartbeat(ExecutorMetrics {
            storage_memory: 1 << 40,
            execution_memory: 2,
            resident_memory: 3,
            running_tasks: 4,
            queued_tasks: 5,
        }),
        FromExecutor::CommitRequest(attempt()),
        FromExecutor::MapOutputsRequest(ShuffleId(0)),
        FromExecutor::CachedRequest { rdd: RddId(3), partition: 7 },
        FromExecutor::BlockUpdates(vec![update(), BlockUpdate { level: StorageLevel::NONE, ..update() }]),
    ]
}

fn launch() -> ToExecutor {
    let properties = |group: &str| {
        Arc::new(JobProperties {
            pool: Some("fair".into()),
            group: Some(group.into()),
            description: None,
            tags: vec!["a".into(), "b".into()],
            interrupt_on_cancel: true,
            call_site: "count at main.rs:1".into(),
            local: BTreeMap::from([("key".into(), "value".into())]),
        })
    };
    let [first, second] = [properties("first"), properties("second")];
    let task = |locality, properties: &Arc<JobProperties>| LaunchTask {
        description: TaskDescription {
            id: attempt(),
            index: 1,
            job: JobId(2),
            binary: TaskBinaryId(3),
            epoch: 4,
            locality,
        },
        input: Bytes::from_static(b"input"),
        properties: Arc::clone(properties),
    };
    ToExecutor::Launch {
        binaries: vec![StageBinary { id: TaskBinaryId(3), bytes: Bytes::from_static(b"code") }],
        tasks: vec![
            task(TaskLocality::ProcessLocal, &first),
            task(TaskLocality::NodeLocal, &second),
            task(TaskLocality::NoPref, &first),
            task(TaskLocality::Any, &Arc::default()),
        ],
    }
}

fn to_executor() -> Vec<ToExecutor> {
    let status = |sizes| MapStatus { executor: ExecutorId(1), map_task: TaskId(2), sizes };
    let mut outputs: Vec<Option<MapStatus>> =
        map_sizes().into_iter().map(|sizes| Some(status(sizes))).collect();
    outputs.insert(1, None);
    let blocks = [
        BlockId::Rdd { rdd: RddId(1), partition: 2 },
        BlockId::Shuffle { shuffle: ShuffleId(3), map_task: TaskId(4) },
        BlockId::Broadcast(BroadcastId(5)),
        BlockId::TaskResult(TaskId(6)),
    ];
    let mut messages = vec![
        ToExecutor::Registered,
        ToExecutor::Refused("another build".into()),
        launch(),
        ToExecutor::Launch { binaries: Vec::new(), tasks: Vec::new() },
        ToExecutor::Kill { id: attempt(), reason: KillReason::StageCancelled },
        ToExecutor::CommitAnswer { id: attempt(), allowed: true },
        ToExecutor::CommitAnswer { id: attempt(), allowed: false },
        ToExecutor::CachedAt { rdd: RddId(3), partition: 7, addresses: vec!["127.0.0.1:7079".to_owned()] },
        ToExecutor::MapOutputs(MapOutputs {
            shuffle: ShuffleId(1),
            epoch: 2,
            outputs: outputs.into(),
            addresses: BTreeMap::from([(ExecutorId(1), "there:4".into())]),
        }),
        ToExecutor::Remove(RemoveBlocks::Shuffle(ShuffleId(1))),
        ToExecutor::Remove(RemoveBlocks::Rdd(RddId(2))),
        ToExecutor::Remove(RemoveBlocks::ForgottenRdd { rdd: RddId(2), first_task: TaskId(u64::MAX) }),
        ToExecutor::ForgetBinaries(vec![TaskBinaryId(1), TaskBinaryId(2)]),
        ToExecutor::Shutdown,
    ];
    messages.extend(blocks.into_iter().map(|block| ToExecutor::Remove(RemoveBlocks::Block(block))));
    messages
}

fn encode_from(message: &FromExecutor) -> Vec<u8> {
    pb::FromExecutor::from(message.clone()).encode_to_vec()
}

fn encode_to(message: &ToExecutor) -> Vec<u8> {
    pb::ToExecutor::from(message.clone()).encode_to_vec()
}

#[test]
fn everything_that_an_executor_says_arrives_as_it_was() {
    for message in from_executor() {
        let decoded = pb::FromExecutor::decode(&encode_from(&message)[..]).unwrap();
        assert_eq!(FromExecutor::try_from(decoded), Ok(message));
    }
}

#[test]
fn everything_that_a_driver_says_arrives_as_it_was() {
    for message in to_executor() {
        let decoded = pb::ToExecutor::decode(&encode_to(&message)[..]).unwrap();
        assert_eq!(ToExecutor::try_from(decoded), Ok(message));
    }
}

#[test]
fn tasks_of_one_job_share_their_properties_on_both_sides() {
    let pb::to_executor::Kind::Launch(sent) = pb::ToExecutor::from(launch()).kind.unwrap() else { panic!() };
    assert_eq!(sent.properties.len(), 3);
    let (_, tasks) = super::launch::launch_from_pb(sent).unwrap();
    assert!(Arc::ptr_eq(&tasks[0].properties, &tasks[2].properties));
}

#[test]
fn what_makes_no_sense_is_named() {
    let empty = FromExecutor::try_from(pb::FromExecutor::default());
    assert_eq!(empty, Err(Malformed::Missing { message: "FromExecutor", field: "kind" }));
    let bits = pb::MeanMapSizes { partitions: u32::MAX, non_empty: Bytes::from_static(&[1]), code: 1 };
    let sizes = pb::MapSizes { kind: Some(pb::map_sizes::Kind::Mean(bits)) };
    let error = MapSizes::try_from(sizes).unwrap_err();
    assert_eq!(error.to_string(), "MeanMapSizes with partitions 4294967295");
    let task = pb::LaunchTask { id: Some(attempt().into()), properties: 1, ..Default::default() };
    let error = super::launch::launch_from_pb(pb::Launch { tasks: vec![task], ..Default::default() });
    assert_eq!(error.unwrap_err().to_string(), "LaunchTask with properties 1");
}

/// A small generator, so that a failing seed can be run again (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below.max(1) as u64) as usize
    }
}

#[test]
fn damaged_messages_are_refused_or_understood_and_never_panic() {
    let good: Vec<Vec<u8>> =
        from_executor().iter().map(encode_from).chain(to_executor().iter().map(encode_to)).collect();
    let mut understood = 0;
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let mut bytes = match seed % 4 {
            0 => (0..random.next(200)).map(|_| random.next(256) as u8).collect(),
            _ => good[random.next(good.len())].clone(),
        };
        for _ in 0..random.next(4) {
            let at = random.next(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next(256) as u8;
            }
        }
        bytes.truncate(bytes.len() - random.next(3).min(bytes.len()));
        let from = pb::FromExecutor::decode(&bytes[..]).ok().map(FromExecutor::try_from);
        let to = pb::ToExecutor::decode(&bytes[..]).ok().map(ToExecutor::try_from);
        understood += usize::from(matches!(from, Some(Ok(_)))) + usize::from(matches!(to, Some(Ok(_))));
    }
    assert!(understood > 1_000, "only {understood}: the damage hides everything behind the first check");
}
