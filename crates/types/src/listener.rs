//! What happened, for the UI, the event log and the user's listeners. Spark: `SparkListenerEvent`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    BlockUpdate, ExecutorId, ExecutorLossReason, ExecutorMetrics, HostName, JobId, JobProperties, RddId,
    RddInfo, StageId, TaskEndReason, TaskId, TaskLocality, TaskMetrics, Timestamp,
};

/// One event. The variants carry Spark's names without the `SparkListener` prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListenerEvent {
    /// The application has started. Posted by the driver, first.
    ApplicationStart {
        /// `spark.app.name`.
        name: String,
        /// Application id.
        id: String,
        /// When.
        time: Timestamp,
        /// The user it runs as.
        user: String,
    },
    /// The configuration it runs with, redacted. Posted by the driver, second.
    EnvironmentUpdate {
        /// `spark.*` keys and values.
        spark_properties: Vec<(String, String)>,
    },
    /// The application ends; the last event.
    ApplicationEnd {
        /// When.
        time: Timestamp,
    },
    /// An executor has registered.
    ExecutorAdded {
        /// When.
        time: Timestamp,
        /// Which.
        executor: ExecutorId,
        /// Where.
        host: HostName,
        /// Its slots.
        cores: u32,
    },
    /// An executor is gone.
    ExecutorRemoved {
        /// When.
        time: Timestamp,
        /// Which.
        executor: ExecutorId,
        /// Why.
        reason: ExecutorLossReason,
    },
    /// An executor's block manager is ready. Posted with `ExecutorAdded`.
    BlockManagerAdded {
        /// When.
        time: Timestamp,
        /// Which executor.
        executor: ExecutorId,
        /// Where its blocks are served, `host:port`.
        address: String,
        /// Bytes for storage and execution together.
        max_memory: u64,
    },
    /// An executor's block manager is gone. Posted with `ExecutorRemoved`.
    BlockManagerRemoved {
        /// When.
        time: Timestamp,
        /// Which executor.
        executor: ExecutorId,
    },
    /// An executor is more or less busy than before. Posted by the driver for a heartbeat that shows a change.
    ExecutorMetricsUpdate {
        /// Which.
        executor: ExecutorId,
        /// What it measured.
        metrics: ExecutorMetrics,
    },
    /// A job starts.
    JobStart {
        /// Which.
        job: JobId,
        /// When.
        time: Timestamp,
        /// All its stages, those that will be skipped too.
        stages: Vec<StageInfo>,
        /// What the submitting thread said about it.
        properties: JobProperties,
    },
    /// A job ended.
    JobEnd {
        /// Which.
        job: JobId,
        /// When.
        time: Timestamp,
        /// How.
        outcome: JobOutcome,
    },
    /// A stage attempt starts.
    StageSubmitted {
        /// The stage attempt.
        stage: StageInfo,
        /// What the submitting thread said about the job.
        properties: JobProperties,
    },
    /// A stage attempt ended, well or not.
    StageCompleted {
        /// The stage attempt with its times and, if it failed, why.
        stage: StageInfo,
    },
    /// A task attempt is launched.
    TaskStart {
        /// Stage.
        stage: StageId,
        /// Attempt of the stage.
        stage_attempt: u32,
        /// The attempt.
        task: TaskInfo,
    },
    /// The driver fetches a large result.
    TaskGettingResult {
        /// The attempt.
        task: TaskInfo,
    },
    /// A task attempt ended.
    TaskEnd {
        /// Stage.
        stage: StageId,
        /// Attempt of the stage.
        stage_attempt: u32,
        /// Whether it made map outputs (else results).
        is_map: bool,
        /// How it ended.
        reason: TaskEndReason,
        /// The attempt.
        task: TaskInfo,
        /// What it measured.
        metrics: Box<TaskMetrics>,
    },
    /// A cached partition changed.
    BlockUpdated {
        /// Where.
        executor: ExecutorId,
        /// What.
        update: BlockUpdate,
    },
    /// An RDD is no longer persisted.
    UnpersistRdd {
        /// Which.
        rdd: RddId,
    },
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobOutcome {
    /// Every partition was delivered.
    Succeeded,
    /// It was given up; the sentence is Spark's.
    Failed {
        /// `Job aborted due to stage failure: …`, `Job 3 cancelled …`.
        message: String,
    },
}

/// A stage attempt. Spark: `StageInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageInfo {
    /// Which stage.
    pub stage: StageId,
    /// Attempt, from 0.
    pub attempt: u32,
    /// `reduceByKey at main.rs:12`.
    pub name: String,
    /// Tasks of this attempt.
    pub tasks: u32,
    /// The RDDs of its pipeline, last first.
    pub rdds: Arc<[RddInfo]>,
    /// Its parent stages.
    pub parents: Vec<StageId>,
    /// When its first task could run.
    pub submission_time: Option<Timestamp>,
    /// When it ended.
    pub completion_time: Option<Timestamp>,
    /// Why it failed.
    pub failure_reason: Option<String>,
}

/// A task attempt. Spark: `TaskInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Unique number.
    pub task: TaskId,
    /// Position in its task set.
    pub index: u32,
    /// Attempt of that position, from 0.
    pub attempt: u32,
    /// Partition of the stage's RDD.
    pub partition: u32,
    /// When it was launched.
    pub launch_time: Timestamp,
    /// Where it runs.
    pub executor: ExecutorId,
    /// The executor's host.
    pub host: HostName,
    /// How close to its data.
    pub locality: TaskLocality,
    /// Whether it is a speculative copy.
    pub speculative: bool,
    /// When the driver began to fetch its result, if it had to.
    pub getting_result_time: Option<Timestamp>,
    /// When it ended.
    pub finish_time: Option<Timestamp>,
    /// How far it is.
    pub status: TaskStatus,
}

/// How far a task attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskStatus {
    /// Launched.
    Running,
    /// Ended well.
    Success,
    /// Ended badly.
    Failed,
    /// Told to stop.
    Killed,
}
