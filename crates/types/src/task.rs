//! Tasks: their identity, what a launch says, and how an attempt ends.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ExecutorId, ExecutorLossReason, JobId, ShuffleId, StageId, TaskBinaryId, TaskId};

/// The full identity of one attempt: by it every receiver can ignore what is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskAttempt {
    /// The stage.
    pub stage: StageId,
    /// Attempt of the stage, from 0.
    pub stage_attempt: u32,
    /// Partition of the stage's RDD.
    pub partition: u32,
    /// Attempt of this partition within the stage attempt, from 0.
    pub attempt: u32,
    /// Unique number of this attempt.
    pub task: TaskId,
}

impl fmt::Display for TaskAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, stage_attempt, partition, attempt, task } = self;
        write!(f, "task {partition}.{attempt} in stage {stage}.{stage_attempt} (TID {task})")
    }
}

/// What an executor needs to run one attempt, beside the stage's binary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDescription {
    /// Which attempt.
    pub id: TaskAttempt,
    /// Position in its task set; what Spark prints in `Task 3 in stage 1.0`.
    pub index: u32,
    /// One of the jobs that wants the stage: the driver finds partition inputs and properties by it.
    pub job: JobId,
    /// The stage's code.
    pub binary: TaskBinaryId,
    /// Epoch of map outputs that the executor must have at least.
    pub epoch: u64,
    /// How close to its data it was placed.
    pub locality: TaskLocality,
}

/// How close a task is to its data. Ordered from best to worst. Spark: `TaskLocality`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TaskLocality {
    /// On the executor that holds the data.
    ProcessLocal,
    /// On the machine that holds the data.
    NodeLocal,
    /// It has no preference.
    NoPref,
    /// Anywhere.
    Any,
}

impl TaskLocality {
    /// Spark's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProcessLocal => "PROCESS_LOCAL",
            Self::NodeLocal => "NODE_LOCAL",
            Self::NoPref => "NO_PREF",
            Self::Any => "ANY",
        }
    }
}

/// Why an attempt ended. Spark: `TaskEndReason`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskEndReason {
    /// It did its work.
    Success,
    /// It had succeeded, but its map output died with its executor, so it runs again.
    Resubmitted,
    /// A map output could not be read. Never counts as a failure of the task.
    FetchFailed {
        /// Which shuffle.
        shuffle: ShuffleId,
        /// Which map partition; `None` when the whole list of locations was missing.
        map_index: Option<u32>,
        /// Which reduce partition wanted it.
        reduce: u32,
        /// Who should have served it; `None` when no location was known.
        from: Option<ExecutorId>,
        /// What went wrong, for people.
        message: String,
    },
    /// The user's function panicked, or the runtime could not do what it asked for.
    ExceptionFailure {
        /// What kind; some are final at once.
        kind: ExceptionKind,
        /// The panic's message, or the error chain in one line.
        message: String,
        /// The backtrace, or empty.
        backtrace: String,
    },
    /// The result was stored on the executor and lost before the driver read it.
    TaskResultLost,
    /// It was told to stop. Never counts as a failure.
    TaskKilled(KillReason),
    /// The output commit coordinator gave the partition to another attempt. Never counts as a failure.
    TaskCommitDenied,
    /// Its executor went away.
    ExecutorLost {
        /// Which executor.
        executor: ExecutorId,
        /// Why it went.
        reason: ExecutorLossReason,
    },
}

impl TaskEndReason {
    /// Whether it counts towards `spark.task.maxFailures` (Spark's `countTowardsTaskFailures`).
    pub fn counts_towards_task_failures(&self) -> bool {
        match self {
            Self::ExceptionFailure { .. } | Self::TaskResultLost => true,
            Self::ExecutorLost { reason, .. } => reason.is_caused_by_app(),
            Self::Success
            | Self::Resubmitted
            | Self::FetchFailed { .. }
            | Self::TaskKilled(_)
            | Self::TaskCommitDenied => false,
        }
    }
}

/// The text after `Lost task 3.3 in stage 1.0 (TID 12) (host executor 1): `, as Spark words it.
impl fmt::Display for TaskEndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("Success"),
            Self::Resubmitted => f.write_str("Resubmitted (resubmitted due to lost executor)"),
            Self::FetchFailed { shuffle, map_index, reduce, from, message } => {
                let index = map_index.map_or(-1, i64::from);
                write!(f, "FetchFailed(")?;
                match from {
                    Some(executor) => write!(f, "executor {executor}")?,
                    None => f.write_str("null")?,
                }
                write!(
                    f,
                    ", shuffleId={shuffle}, mapIndex={index}, reduceId={reduce}, message=\n{message}\n)"
                )
            }
            Self::ExceptionFailure { message, backtrace, .. } if backtrace.is_empty() => f.write_str(message),
            Self::ExceptionFailure { message, backtrace, .. } => write!(f, "{message}\n{backtrace}"),
            Self::TaskResultLost => f.write_str("TaskResultLost (result lost from block manager)"),
            Self::TaskKilled(reason) => write!(f, "TaskKilled ({reason})"),
            Self::TaskCommitDenied => f.write_str("TaskCommitDenied (Driver denied task commit)"),
            Self::ExecutorLost { executor, reason } => {
                let by = if reason.is_caused_by_app() {
                    "caused by one of the running tasks"
                } else {
                    "unrelated to the running tasks"
                };
                write!(f, "ExecutorLostFailure (executor {executor} exited {by}) Reason: {reason}")
            }
        }
    }
}

/// What kind of failure the user's code or the runtime met inside a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExceptionKind {
    /// A panic or an error that another try may not meet.
    User,
    /// The result does not serialise: no second try helps.
    NotSerializable,
    /// The task's output file is there already: no second try helps.
    OutputExists,
}

impl ExceptionKind {
    /// Whether the job is given up at the first such failure.
    pub const fn is_final(self) -> bool {
        match self {
            Self::User => false,
            Self::NotSerializable | Self::OutputExists => true,
        }
    }
}

/// Why a running attempt is told to stop. `Display` is what Spark shows in `TaskKilled (…)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KillReason {
    /// Another attempt of the partition was first.
    AnotherAttemptSucceeded,
    /// Its job or stage was cancelled or has failed.
    StageCancelled,
    /// The executor shuts down.
    ExecutorShutdown,
    /// Somebody asked, in these words.
    Asked(String),
}

impl fmt::Display for KillReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherAttemptSucceeded => f.write_str("another attempt succeeded"),
            Self::StageCancelled => f.write_str("Stage cancelled"),
            Self::ExecutorShutdown => f.write_str("Executor shutdown"),
            Self::Asked(why) => f.write_str(why),
        }
    }
}

/// How the task sets of a pool share its slots. `spark.scheduler.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchedulingMode {
    /// The oldest job first.
    #[default]
    Fifo,
    /// By need, then by share and weight.
    Fair,
}

/// What a thread of the user's program says about the jobs it submits. Spark: local properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProperties {
    /// FAIR pool (`spark.scheduler.pool`).
    pub pool: Option<String>,
    /// Job group (`spark.jobGroup.id`).
    pub group: Option<String>,
    /// For people (`spark.job.description`).
    pub description: Option<String>,
    /// Job tags (`spark.job.tags`), sorted.
    pub tags: Vec<String>,
    /// Whether a cancelled task's thread is told at once (`spark.job.interruptOnCancel`).
    pub interrupt_on_cancel: bool,
    /// Short name of the action and where it was called, `collect at main.rs:12`.
    pub call_site: String,
    /// Everything else that was set with `set_local_property`.
    pub local: BTreeMap<String, String>,
}
