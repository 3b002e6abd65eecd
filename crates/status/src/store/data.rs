//! What the store answers with. Spark: `JobData`, `StageData`, `TaskData`, `ExecutorSummary`, `RDDStorageInfo` of its REST API.

use std::collections::BTreeMap;

use hearth_types::{
    ExecutorId, ExecutorMetrics, HostName, JobId, RddId, StageId, StageInfo, StorageLevel, TaskId,
    TaskLocality, TaskMetrics, TaskStatus, Timestamp,
};

/// The application itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationData {
    /// Application id.
    pub id: String,
    /// `spark.app.name`.
    pub name: String,
    /// The user it runs as.
    pub user: String,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// `spark.*` keys and values, redacted.
    pub spark_properties: Vec<(String, String)>,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It was submitted.
    Running,
    /// Every partition was delivered.
    Succeeded,
    /// It was given up.
    Failed,
}

impl JobStatus {
    /// Spark's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobData {
    /// Which.
    pub job: JobId,
    /// Name of its result stage.
    pub name: String,
    /// What the user said about it.
    pub description: Option<String>,
    /// Its job group.
    pub group: Option<String>,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// When it was submitted.
    pub submission_time: Timestamp,
    /// When it ended.
    pub completion_time: Option<Timestamp>,
    /// How far it is.
    pub status: JobStatus,
    /// Why it failed.
    pub failure: Option<String>,
    /// All its stages, ascending.
    pub stages: Vec<StageId>,
    /// Tasks of all its stages.
    pub tasks: u32,
    /// Running attempts.
    pub active_tasks: u32,
    /// Attempts that succeeded.
    pub completed_tasks: u32,
    /// Tasks of stages that did not have to run.
    pub skipped_tasks: u32,
    /// Attempts that failed.
    pub failed_tasks: u32,
    /// Attempts that were killed.
    pub killed_tasks: u32,
    /// Distinct partitions done.
    pub completed_indices: u32,
    /// Stages that run.
    pub active_stages: u32,
    /// Stages that completed.
    pub completed_stages: u32,
    /// Stages that did not have to run.
    pub skipped_stages: u32,
    /// Stage attempts that failed.
    pub failed_stages: u32,
    /// How many attempts were killed for which reason.
    pub killed_summary: BTreeMap<String, u32>,
}

/// How far a stage attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageStatus {
    /// Its job runs, its turn has not come.
    Pending,
    /// It runs.
    Active,
    /// It did its work.
    Complete,
    /// It failed; another attempt may follow.
    Failed,
    /// Its outputs were there already.
    Skipped,
}

impl StageStatus {
    /// Spark's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Complete => "COMPLETE",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
        }
    }
}

/// One stage attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageData {
    /// Id, attempt, name, tasks, lineage, times, why it failed.
    pub info: StageInfo,
    /// How far it is.
    pub status: StageStatus,
    /// FAIR pool it runs in.
    pub pool: String,
    /// What the user said about its job.
    pub description: Option<String>,
    /// Running attempts.
    pub active_tasks: u32,
    /// Attempts that succeeded.
    pub completed_tasks: u32,
    /// Attempts that failed.
    pub failed_tasks: u32,
    /// Attempts that were killed.
    pub killed_tasks: u32,
    /// When the first task was launched.
    pub first_task_launched: Option<Timestamp>,
    /// Sum over its ended tasks.
    pub metrics: TaskMetrics,
    /// How many attempts were killed for which reason.
    pub killed_summary: BTreeMap<String, u32>,
}

/// One task attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskData {
    /// Unique number.
    pub task: TaskId,
    /// Position in its task set.
    pub index: u32,
    /// Attempt of that position.
    pub attempt: u32,
    /// Partition of the stage's RDD.
    pub partition: u32,
    /// Where it runs.
    pub executor: ExecutorId,
    /// The executor's host.
    pub host: HostName,
    /// When it was launched.
    pub launch_time: Timestamp,
    /// When the driver began to fetch its result.
    pub getting_result_time: Option<Timestamp>,
    /// When it ended.
    pub finish_time: Option<Timestamp>,
    /// How close to its data.
    pub locality: TaskLocality,
    /// How far it is.
    pub status: TaskStatus,
    /// Whether it is a speculative copy.
    pub speculative: bool,
    /// Why it did not succeed.
    pub error: Option<Box<str>>,
    /// What it measured; zeros while it runs.
    pub metrics: TaskMetrics,
}

/// One executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorData {
    /// Which.
    pub executor: ExecutorId,
    /// Its machine.
    pub host: HostName,
    /// `host:port` of its block service.
    pub address: String,
    /// Its slots.
    pub cores: u32,
    /// Bytes for storage and execution together.
    pub max_memory: u64,
    /// When it registered.
    pub add_time: Timestamp,
    /// When it went.
    pub remove_time: Option<Timestamp>,
    /// Why it went.
    pub remove_reason: Option<String>,
    /// Running tasks.
    pub active_tasks: u32,
    /// Tasks that succeeded.
    pub completed_tasks: u32,
    /// Tasks that failed.
    pub failed_tasks: u32,
    /// Time spent in ended tasks, in milliseconds.
    pub total_duration_millis: u64,
    /// Bytes read by ended tasks from files or the cache.
    pub input_bytes: u64,
    /// Bytes read by ended tasks from map outputs.
    pub shuffle_read: u64,
    /// Bytes written by ended tasks as map output.
    pub shuffle_write: u64,
    /// Cached partitions that it holds.
    pub rdd_blocks: u32,
    /// Bytes of cached partitions in memory.
    pub memory_used: u64,
    /// Bytes of cached partitions on disk.
    pub disk_used: u64,
    /// What it last measured; zeros before its first heartbeat.
    pub metrics: ExecutorMetrics,
    /// The most of each that it ever measured.
    pub peak_metrics: ExecutorMetrics,
}

impl ExecutorData {
    /// Whether it lives.
    pub fn is_active(&self) -> bool {
        self.remove_time.is_none()
    }
}

/// One persisted RDD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RddData {
    /// Which.
    pub rdd: RddId,
    /// Its name.
    pub name: String,
    /// Number of partitions.
    pub partitions: u32,
    /// How it is persisted.
    pub storage_level: StorageLevel,
    /// Number of partitions that are cached somewhere.
    pub cached_partitions: u32,
    /// Bytes in memory over all executors.
    pub memory_used: u64,
    /// Bytes on disk over all executors.
    pub disk_used: u64,
    /// What is where, by partition and executor.
    pub blocks: Vec<RddBlock>,
}

/// One copy of one cached partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RddBlock {
    /// The partition.
    pub partition: u32,
    /// Who holds it.
    pub executor: ExecutorId,
    /// Bytes in memory.
    pub memory_size: u64,
    /// Bytes on disk.
    pub disk_size: u64,
}
