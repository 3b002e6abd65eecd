//! What driver and executors say to each other, as Rust values.
//!
//! A `local` master passes these through a channel; everything else passes them through `grpc`, which alone knows protobuf.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hearth_types::{
    BlockId, BlockUpdate, ExecutorId, ExecutorMetrics, JobProperties, KillReason, MapSizes, MapStatus, RddId,
    ShuffleId, TaskAttempt, TaskBinaryId, TaskDescription, TaskEndReason, TaskId, TaskMetrics,
};

/// From an executor to the driver.
#[derive(Clone, Debug, PartialEq)]
pub enum FromExecutor {
    /// First message of a stream. Answered by `Registered` or `Refused`.
    Register(Registration),
    /// Attempts that ended, oldest first.
    TasksEnded(Vec<TaskEnded>),
    /// Every `spark.executor.heartbeatInterval`, with what the executor then measures.
    Heartbeat(ExecutorMetrics),
    /// May the attempt commit its output? Answered by `CommitAnswer`.
    CommitRequest(TaskAttempt),
    /// Where are the outputs of a shuffle? Answered by `MapOutputs`.
    MapOutputsRequest(ShuffleId),
    /// Who else holds a cached partition? Answered by `CachedAt`.
    CachedRequest {
        /// The RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
    },
    /// Cached partitions that appeared, moved or went outside of a task (eviction).
    BlockUpdates(Vec<BlockUpdate>),
    /// It is about to be taken away, so it wants no new tasks. Answered by `Shutdown` once it is not needed any more.
    Decommissioning,
}

/// What an executor must know before it can register, when the driver did not start it itself.
/// Spark: `SparkAppConfig`, the answer to `RetrieveSparkAppConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppConfig {
    /// The application's `spark.*` settings.
    pub conf: BTreeMap<String, String>,
    /// `host:port` of the driver's block service.
    pub driver_block_address: String,
    /// Generation of the driver, from 1. Executors obey the highest that they have seen.
    pub driver_epoch: u64,
}

/// Who an executor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The number it was started with.
    pub executor: ExecutorId,
    /// Its machine.
    pub host: String,
    /// How many tasks it runs at a time.
    pub slots: u32,
    /// `host:port` of its block service.
    pub block_address: String,
    /// Bytes of its unified memory.
    pub max_memory: u64,
    /// `PROTOCOL_VERSION` of its build.
    pub protocol_version: u32,
    /// Identity of its program; closures travel only between equal builds.
    pub build_id: String,
}

/// An attempt that ended, with what it made.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskEnded {
    /// Which.
    pub id: TaskAttempt,
    /// What it made, or why it failed.
    pub outcome: TaskOutcome,
    /// What it measured.
    pub metrics: Box<TaskMetrics>,
    /// Updates of accumulators, encoded by the front door: (accumulator, update).
    pub accumulators: Vec<(u64, Bytes)>,
    /// Cached partitions that the attempt stored or dropped.
    pub blocks: Vec<BlockUpdate>,
}

/// What an attempt made.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskOutcome {
    /// Map output, kept on the executor.
    MapOutput {
        /// Size of each piece.
        sizes: MapSizes,
        /// A sum over its records, in any order, by which another attempt's output is compared.
        checksum: u64,
    },
    /// A result of at most `spark.task.maxDirectResultSize`.
    Result(Bytes),
    /// A larger result, kept on the executor as block `BlockId::TaskResult`.
    StoredResult {
        /// Bytes.
        size: u64,
    },
    /// Not `TaskEndReason::Success`.
    Failed(Arc<TaskEndReason>),
}

/// From the driver to an executor.
#[derive(Clone, Debug, PartialEq)]
pub enum ToExecutor {
    /// Welcome.
    Registered,
    /// Not welcome, and what to do about it. The executor prints it and exits.
    Refused(String),
    /// Binaries that the executor does not have yet, then attempts to run.
    Launch {
        /// Each goes to an executor once.
        binaries: Vec<StageBinary>,
        /// In the order to start them.
        tasks: Vec<LaunchTask>,
    },
    /// Stop an attempt.
    Kill {
        /// Which.
        id: TaskAttempt,
        /// Why.
        reason: KillReason,
    },
    /// Answer to `CommitRequest`.
    CommitAnswer {
        /// Which attempt.
        id: TaskAttempt,
        /// Whether it may.
        allowed: bool,
    },
    /// Answer to `MapOutputsRequest`.
    MapOutputs(MapOutputs),
    /// Answer to `CachedRequest`.
    CachedAt {
        /// The RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
        /// Block services of the other executors that hold it; may be none.
        addresses: Vec<String>,
    },
    /// Delete blocks; unknown ones are ignored.
    Remove(RemoveBlocks),
    /// Binaries that no stage needs any more.
    ForgetBinaries(Vec<TaskBinaryId>),
    /// Stop all work, delete all files, exit.
    Shutdown,
}

/// The shared code and data of a stage's tasks, encoded by the front door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageBinary {
    /// Which.
    pub id: TaskBinaryId,
    /// Opaque outside of the front door.
    pub bytes: Bytes,
}

/// One attempt to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTask {
    /// Which, where, how.
    pub description: TaskDescription,
    /// The partition's own input (a slice of a collection, a file split), encoded by the front door; may be empty.
    pub input: Bytes,
    /// What the submitting thread said about the job.
    pub properties: Arc<JobProperties>,
}

/// Locations of a shuffle's outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOutputs {
    /// Which shuffle.
    pub shuffle: ShuffleId,
    /// Generation: a later answer replaces an earlier one.
    pub epoch: u64,
    /// Index = map partition; `None` = missing.
    pub outputs: Arc<[Option<MapStatus>]>,
    /// Block service of every executor that `outputs` names.
    pub addresses: BTreeMap<ExecutorId, String>,
}

/// Which blocks to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveBlocks {
    /// Every output of a shuffle.
    Shuffle(ShuffleId),
    /// Every cached partition of an RDD.
    Rdd(RddId),
    /// Every cached partition of an RDD that is not any more what it was.
    ForgottenRdd {
        /// Which.
        rdd: RddId,
        /// The first task that may store partitions again.
        first_task: TaskId,
    },
    /// One block.
    Block(BlockId),
}
