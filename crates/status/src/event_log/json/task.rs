//! `TaskInfo`, `TaskMetrics` and `TaskEndReason` as Spark writes them.

use hearth_types::{ExceptionKind, ExecutorId, StageId, TaskEndReason, TaskInfo, TaskMetrics, TaskStatus};
use serde::Serialize;

use super::BlockManager;

#[derive(Serialize)]
pub(super) struct Ended<'a> {
    #[serde(rename = "Stage ID")]
    pub(super) stage: u32,
    #[serde(rename = "Stage Attempt ID")]
    pub(super) attempt: u32,
    #[serde(rename = "Task Type")]
    pub(super) kind: &'static str,
    #[serde(rename = "Task End Reason")]
    pub(super) reason: EndReason<'a>,
    #[serde(rename = "Task Info")]
    pub(super) task: Task<'a>,
    #[serde(rename = "Task Metrics")]
    pub(super) metrics: Metrics,
}

#[derive(Serialize)]
pub(super) struct Task<'a> {
    #[serde(rename = "Task ID")]
    id: u64,
    #[serde(rename = "Index")]
    index: u32,
    #[serde(rename = "Attempt")]
    attempt: u32,
    #[serde(rename = "Partition ID")]
    partition: u32,
    #[serde(rename = "Launch Time")]
    launch: u64,
    #[serde(rename = "Executor ID")]
    executor: String,
    #[serde(rename = "Host")]
    host: &'a str,
    #[serde(rename = "Locality")]
    locality: &'static str,
    #[serde(rename = "Speculative")]
    speculative: bool,
    #[serde(rename = "Getting Result Time")]
    getting_result: u64,
    #[serde(rename = "Finish Time")]
    finish: u64,
    #[serde(rename = "Failed")]
    failed: bool,
    #[serde(rename = "Killed")]
    killed: bool,
    #[serde(rename = "Accumulables")]
    accumulables: [(); 0],
}

impl<'a> Task<'a> {
    pub(super) fn new(info: &'a TaskInfo) -> Self {
        Self {
            id: info.task.0,
            index: info.index,
            attempt: info.attempt,
            partition: info.partition,
            launch: info.launch_time.as_millis(),
            executor: info.executor.to_string(),
            host: &info.host.0,
            locality: info.locality.as_str(),
            speculative: info.speculative,
            getting_result: info.getting_result_time.map_or(0, |time| time.as_millis()),
            finish: info.finish_time.map_or(0, |time| time.as_millis()),
            failed: info.status == TaskStatus::Failed,
            killed: info.status == TaskStatus::Killed,
            accumulables: [],
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "Reason")]
pub(super) enum EndReason<'a> {
    Success,
    Resubmitted,
    FetchFailed {
        #[serde(rename = "Block Manager Address", skip_serializing_if = "Option::is_none")]
        from: Option<BlockManager<'a>>,
        #[serde(rename = "Shuffle ID")]
        shuffle: u32,
        #[serde(rename = "Map ID")]
        map: i64,
        #[serde(rename = "Map Index")]
        map_index: i64,
        #[serde(rename = "Reduce ID")]
        reduce: u32,
        #[serde(rename = "Message")]
        message: &'a str,
    },
    ExceptionFailure {
        #[serde(rename = "Class Name")]
        class: &'static str,
        #[serde(rename = "Description")]
        description: &'a str,
        #[serde(rename = "Stack Trace")]
        stack_trace: [(); 0],
        #[serde(rename = "Full Stack Trace")]
        full: String,
        #[serde(rename = "Accumulator Updates")]
        accumulators: [(); 0],
    },
    TaskResultLost,
    TaskKilled {
        #[serde(rename = "Kill Reason")]
        why: String,
        #[serde(rename = "Accumulator Updates")]
        accumulators: [(); 0],
    },
    TaskCommitDenied {
        #[serde(rename = "Job ID")]
        job: u32,
        #[serde(rename = "Partition ID")]
        partition: u32,
        #[serde(rename = "Attempt Number")]
        attempt: u32,
    },
    ExecutorLostFailure {
        #[serde(rename = "Executor ID")]
        executor: String,
        #[serde(rename = "Exit Caused By App")]
        by_app: bool,
        #[serde(rename = "Loss Reason")]
        loss: String,
    },
}

impl<'a> EndReason<'a> {
    pub(super) fn new(
        reason: &'a TaskEndReason,
        stage: StageId,
        task: &TaskInfo,
        manager: &dyn Fn(ExecutorId) -> BlockManager<'a>,
    ) -> Self {
        match reason {
            TaskEndReason::Success => Self::Success,
            TaskEndReason::Resubmitted => Self::Resubmitted,
            TaskEndReason::FetchFailed { shuffle, map_index, reduce, from, message } => {
                let map = map_index.map_or(-1, i64::from);
                let from = from.map(manager);
                Self::FetchFailed { from, shuffle: shuffle.0, map, map_index: map, reduce: *reduce, message }
            }
            TaskEndReason::ExceptionFailure { kind, message, backtrace: _ } => Self::ExceptionFailure {
                class: match kind {
                    ExceptionKind::User => "TaskException",
                    ExceptionKind::NotSerializable => "TaskNotSerializableException",
                    ExceptionKind::OutputExists => "FileAlreadyExistsException",
                },
                description: message,
                stack_trace: [],
                full: reason.to_string(),
                accumulators: [],
            },
            TaskEndReason::TaskResultLost => Self::TaskResultLost,
            TaskEndReason::TaskKilled(why) => Self::TaskKilled { why: why.to_string(), accumulators: [] },
            // Spark fills the stage in as the job, and tools read it so.
            TaskEndReason::TaskCommitDenied => {
                Self::TaskCommitDenied { job: stage.0, partition: task.partition, attempt: task.attempt }
            }
            TaskEndReason::ExecutorLost { executor, reason } => Self::ExecutorLostFailure {
                executor: executor.to_string(),
                by_app: reason.is_caused_by_app(),
                loss: reason.to_string(),
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct Metrics {
    #[serde(rename = "Executor Deserialize Time")]
    deserialize: u64,
    #[serde(rename = "Executor Deserialize CPU Time")]
    deserialize_cpu: u64,
    #[serde(rename = "Executor Run Time")]
    run: u64,
    #[serde(rename = "Executor CPU Time")]
    cpu: u64,
    #[serde(rename = "Peak Execution Memory")]
    peak: u64,
    #[serde(rename = "Result Size")]
    result_size: u64,
    #[serde(rename = "JVM GC Time")]
    gc: u64,
    #[serde(rename = "Result Serialization Time")]
    serialization: u64,
    #[serde(rename = "Memory Bytes Spilled")]
    memory_spilled: u64,
    #[serde(rename = "Disk Bytes Spilled")]
    disk_spilled: u64,
    #[serde(rename = "Shuffle Read Metrics")]
    read: Read,
    #[serde(rename = "Shuffle Write Metrics")]
    write: Write,
    #[serde(rename = "Input Metrics")]
    input: Input,
    #[serde(rename = "Output Metrics")]
    output: Output,
    #[serde(rename = "Updated Blocks")]
    blocks: [(); 0],
}

#[derive(Serialize)]
struct Read {
    #[serde(rename = "Remote Blocks Fetched")]
    remote_blocks: u64,
    #[serde(rename = "Local Blocks Fetched")]
    local_blocks: u64,
    #[serde(rename = "Fetch Wait Time")]
    wait: u64,
    #[serde(rename = "Remote Bytes Read")]
    remote_bytes: u64,
    #[serde(rename = "Remote Bytes Read To Disk")]
    to_disk: u64,
    #[serde(rename = "Local Bytes Read")]
    local_bytes: u64,
    #[serde(rename = "Total Records Read")]
    records: u64,
    #[serde(rename = "Remote Requests Duration")]
    duration: u64,
}

#[derive(Serialize)]
struct Write {
    #[serde(rename = "Shuffle Bytes Written")]
    bytes: u64,
    #[serde(rename = "Shuffle Write Time")]
    nanos: u64,
    #[serde(rename = "Shuffle Records Written")]
    records: u64,
}

#[derive(Serialize)]
struct Input {
    #[serde(rename = "Bytes Read")]
    bytes: u64,
    #[serde(rename = "Records Read")]
    records: u64,
}

#[derive(Serialize)]
struct Output {
    #[serde(rename = "Bytes Written")]
    bytes: u64,
    #[serde(rename = "Records Written")]
    records: u64,
}

impl Metrics {
    pub(super) fn new(metrics: &TaskMetrics) -> Self {
        let (read, write) = (&metrics.shuffle_read, &metrics.shuffle_write);
        Self {
            deserialize: metrics.executor_deserialize_millis,
            deserialize_cpu: 0,
            run: metrics.executor_run_millis,
            cpu: metrics.executor_cpu_nanos,
            peak: metrics.peak_execution_memory,
            result_size: metrics.result_size,
            gc: 0,
            serialization: metrics.result_serialization_millis,
            memory_spilled: metrics.memory_bytes_spilled,
            disk_spilled: metrics.disk_bytes_spilled,
            read: Read {
                remote_blocks: read.remote_blocks_fetched,
                local_blocks: read.local_blocks_fetched,
                wait: read.fetch_wait_millis,
                remote_bytes: read.remote_bytes_read,
                to_disk: read.remote_bytes_read_to_disk,
                local_bytes: read.local_bytes_read,
                records: read.records_read,
                duration: 0,
            },
            write: Write {
                bytes: write.bytes_written,
                nanos: write.write_nanos,
                records: write.records_written,
            },
            input: Input { bytes: metrics.input.bytes_read, records: metrics.input.records_read },
            output: Output { bytes: metrics.output.bytes_written, records: metrics.output.records_written },
            blocks: [],
        }
    }
}
