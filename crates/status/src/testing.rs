//! Builders of events for this crate's tests.

use std::sync::Arc;

use hearth_types::{
    BlockUpdate, Dependency, ExecutorId, ExecutorMetrics, HostName, JobId, JobOutcome, JobProperties,
    ListenerEvent, NarrowMapping, RddId, RddInfo, StageId, StageInfo, StorageLevel, TaskEndReason, TaskId,
    TaskInfo, TaskLocality, TaskMetrics, TaskStatus, Timestamp,
};

pub(crate) fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_795_170_000_000 + millis)
}

pub(crate) fn rdd(id: u32, level: StorageLevel) -> RddInfo {
    let parent = |id: u32| Dependency::Narrow { parent: RddId(id), mapping: NarrowMapping::OneToOne };
    RddInfo {
        id: RddId(id),
        name: "MapPartitionsRDD".to_owned(),
        call_site: "map at main.rs:12".to_owned(),
        partitions: 4,
        storage_level: level,
        dependencies: id.checked_sub(1).map(parent).into_iter().collect(),
        preferred_hosts: Vec::new(),
    }
}

pub(crate) fn stage(id: u32, tasks: u32) -> StageInfo {
    StageInfo {
        stage: StageId(id),
        attempt: 0,
        name: format!("collect at main.rs:{id}"),
        tasks,
        rdds: Arc::new([rdd(1, StorageLevel::MEMORY_ONLY), rdd(0, StorageLevel::NONE)]),
        parents: id.checked_sub(1).map(StageId).into_iter().collect(),
        submission_time: None,
        completion_time: None,
        failure_reason: None,
    }
}

pub(crate) fn properties() -> JobProperties {
    JobProperties {
        group: Some("nightly".to_owned()),
        description: Some("demo".to_owned()),
        tags: vec!["a".to_owned(), "b".to_owned()],
        call_site: "collect at main.rs:1".to_owned(),
        ..JobProperties::default()
    }
}

pub(crate) fn executor_added(id: u32) -> [ListenerEvent; 2] {
    let executor = ExecutorId(id);
    [
        ListenerEvent::ExecutorAdded { time: time(0), executor, host: HostName::new("10.0.0.5"), cores: 2 },
        ListenerEvent::BlockManagerAdded {
            time: time(0),
            executor,
            address: "10.0.0.5:7079".to_owned(),
            max_memory: 400_000_000,
        },
    ]
}

pub(crate) fn job_start(job: u32, stages: Vec<StageInfo>) -> ListenerEvent {
    ListenerEvent::JobStart { job: JobId(job), time: time(1), stages, properties: properties() }
}

pub(crate) fn job_end(job: u32, outcome: JobOutcome) -> ListenerEvent {
    ListenerEvent::JobEnd { job: JobId(job), time: time(9), outcome }
}

pub(crate) fn submitted(stage: StageInfo) -> ListenerEvent {
    let stage = StageInfo { submission_time: Some(time(2)), ..stage };
    ListenerEvent::StageSubmitted { stage, properties: properties() }
}

pub(crate) fn completed(stage: StageInfo, failure: Option<&str>) -> ListenerEvent {
    let failure_reason = failure.map(str::to_owned);
    let stage =
        StageInfo { submission_time: Some(time(2)), completion_time: Some(time(8)), failure_reason, ..stage };
    ListenerEvent::StageCompleted { stage }
}

pub(crate) fn task(id: u64, partition: u32) -> TaskInfo {
    TaskInfo {
        task: TaskId(id),
        index: partition,
        attempt: 0,
        partition,
        launch_time: time(3),
        executor: ExecutorId(1),
        host: HostName::new("10.0.0.5"),
        locality: TaskLocality::ProcessLocal,
        speculative: false,
        getting_result_time: None,
        finish_time: None,
        status: TaskStatus::Running,
    }
}

pub(crate) fn task_start(stage: u32, task: TaskInfo) -> ListenerEvent {
    ListenerEvent::TaskStart { stage: StageId(stage), stage_attempt: 0, task }
}

pub(crate) fn task_end(stage: u32, task: TaskInfo, reason: TaskEndReason) -> ListenerEvent {
    let status = match reason {
        TaskEndReason::Success => TaskStatus::Success,
        TaskEndReason::TaskKilled(_) => TaskStatus::Killed,
        _ => TaskStatus::Failed,
    };
    let mut metrics = TaskMetrics { executor_run_millis: 5, ..TaskMetrics::default() };
    metrics.shuffle_write.bytes_written = 7;
    metrics.shuffle_read.remote_bytes_read = 11;
    ListenerEvent::TaskEnd {
        stage: StageId(stage),
        stage_attempt: 0,
        is_map: true,
        reason,
        task: TaskInfo { finish_time: Some(time(5)), status, ..task },
        metrics: Box::new(metrics),
    }
}

pub(crate) fn block(executor: u32, partition: u32, level: StorageLevel, memory: u64) -> ListenerEvent {
    let update = BlockUpdate { rdd: RddId(1), partition, level, memory_size: memory, disk_size: 0 };
    ListenerEvent::BlockUpdated { executor: ExecutorId(executor), update }
}

/// A heartbeat of an executor whose blocks take so much memory.
pub(crate) fn measured(executor: u32, storage_memory: u64) -> ListenerEvent {
    let metrics = ExecutorMetrics {
        storage_memory,
        execution_memory: 50,
        resident_memory: 1_000,
        running_tasks: 2,
        queued_tasks: 1,
    };
    ListenerEvent::ExecutorMetricsUpdate { executor: ExecutorId(executor), metrics }
}
