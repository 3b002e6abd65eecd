//! What the two machines say to each other. `Scheduler::handle` carries it until both are quiet.
//!
//! Spark: the calls between `DAGScheduler` and `TaskScheduler`. Ours are values in two queues, so neither machine sees
//! the other.

use std::collections::VecDeque;
use std::sync::Arc;

use hearth_types::{
    ExecutorId, HostName, JobId, KillReason, ListenerEvent, MapSizes, RddId, StageId, TaskAttempt,
    TaskBinaryId, TaskEndReason, TaskInfo, TaskLocality, TaskMetrics, TaskStatus, Timestamp,
};

use crate::Action;

/// One call of `Scheduler::handle`: the time, what to do, and what the machines still have to tell each other.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) now: Timestamp,
    pub(crate) actions: Vec<Action>,
    pub(crate) commands: VecDeque<Command>,
    pub(crate) reports: VecDeque<Report>,
    /// Offer the slots of every free executor at the end, not just those of the executor of a task that ended.
    pub(crate) offer_all: bool,
}

impl Turn {
    /// Tells the listeners.
    pub(crate) fn post(&mut self, event: ListenerEvent) {
        self.actions.push(Action::Post(event));
    }
}

/// From `dag` to `tasks`.
#[derive(Debug)]
pub(crate) enum Command {
    /// Run the missing tasks of a stage attempt.
    Submit(Box<TaskSetSpec>),
    /// Nobody needs the stage any more: drop its task set and stop its attempts.
    Cancel { stage: StageId, reason: KillReason },
    /// An older attempt made this partition: skip it, and stop what else works on it.
    PartitionDone { stage: StageId, position: u32 },
    /// Cached partitions are not any more what they were: no attempt that was launched until now may store one.
    ForgetCached { rdd: RddId },
    /// Another job takes the stage over.
    ChangeJob { stage: StageId, job: JobId, binary: TaskBinaryId },
}

/// From `tasks` to `dag`.
#[derive(Debug)]
pub(crate) enum Report {
    /// An attempt ended.
    Ended(Ended),
    /// A task set was given up; the sentence says why.
    TaskSetFailed { stage: StageId, message: String },
}

/// A stage attempt's tasks.
#[derive(Debug)]
pub(crate) struct TaskSetSpec {
    pub(crate) stage: StageId,
    pub(crate) attempt: u32,
    pub(crate) job: JobId,
    pub(crate) pool: Option<String>,
    pub(crate) binary: TaskBinaryId,
    pub(crate) is_map: bool,
    pub(crate) positions: Positions,
    /// Partition of each position; `None` when they are the same.
    pub(crate) partitions: Option<Arc<[u32]>>,
    /// Where the tasks like to run; `None` when no task has a preference.
    pub(crate) locations: Option<Locations>,
}

/// Which positions of a stage a task set runs: index in the task set to position in the stage.
/// The position of a map task is its partition; that of a result task is its place in the job's list of partitions.
#[derive(Debug)]
pub(crate) enum Positions {
    /// All of `0..len`.
    All(u32),
    /// Some, ascending.
    Some(Vec<u32>),
}

impl Positions {
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::All(len) => *len,
            Self::Some(list) => u32::try_from(list.len()).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn position(&self, index: u32) -> u32 {
        match self {
            Self::All(_) => index,
            Self::Some(list) => list.get(index as usize).copied().unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn index(&self, position: u32) -> Option<u32> {
        match self {
            Self::All(len) => (position < *len).then_some(position),
            Self::Some(list) => list.binary_search(&position).ok().and_then(|at| u32::try_from(at).ok()),
        }
    }
}

/// Preferred places of the tasks of one set. Many tasks share few distinct lists, so each list is kept once.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    /// Distinct lists; the first is empty.
    pub(crate) lists: Vec<Box<[Location]>>,
    /// Index in the task set to list.
    pub(crate) of: Vec<u32>,
}

/// One preferred place. Spark: `TaskLocation`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Location {
    /// The executor has the partition in its cache: worth waiting for it.
    Cached(ExecutorId),
    /// The executor has much of the shuffle input: taken first, but only its host is worth waiting for.
    Shuffle(ExecutorId),
    /// The machine has the input.
    Host(HostName),
}

/// A launched attempt that has not ended: all that is needed to judge and report its end, whatever became of its stage.
#[derive(Clone, Debug)]
pub(crate) struct RunningTask {
    pub(crate) id: TaskAttempt,
    pub(crate) index: u32,
    pub(crate) position: u32,
    pub(crate) launch_time: Timestamp,
    pub(crate) locality: TaskLocality,
    pub(crate) epoch: u64,
    pub(crate) is_map: bool,
    pub(crate) pool: u32,
    pub(crate) killed: bool,
    /// Its large result is being read; its slot is free again.
    pub(crate) reading: Option<Box<Reading>>,
}

/// Where an attempt ran.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) executor: ExecutorId,
    pub(crate) host: HostName,
}

/// An attempt that has stored its large result on its executor.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) since: Timestamp,
    /// What it measured, until its result is read.
    pub(crate) metrics: Box<TaskMetrics>,
}

impl RunningTask {
    /// The attempt as the listeners see it.
    pub(crate) fn info(&self, place: Place, status: TaskStatus, finish_time: Option<Timestamp>) -> TaskInfo {
        TaskInfo {
            task: self.id.task,
            index: self.index,
            attempt: self.id.attempt,
            partition: self.id.partition,
            launch_time: self.launch_time,
            executor: place.executor,
            host: place.host,
            locality: self.locality,
            speculative: false,
            getting_result_time: self.reading.as_ref().map(|reading| reading.since),
            finish_time,
            status,
        }
    }
}

/// An attempt that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) task: RunningTask,
    pub(crate) place: Place,
    pub(crate) outcome: Outcome,
    pub(crate) metrics: Box<TaskMetrics>,
    pub(crate) finish_time: Timestamp,
    /// Whether it belonged to the active task set of its stage.
    pub(crate) current: bool,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    MapOutput { sizes: MapSizes, checksum: u64 },
    Result,
    Failed(Arc<TaskEndReason>),
}

impl Ended {
    /// `TaskEnd` for the listeners.
    pub(crate) fn into_event(self, reason: TaskEndReason) -> ListenerEvent {
        let status = match &reason {
            TaskEndReason::Success => TaskStatus::Success,
            TaskEndReason::TaskKilled(_) => TaskStatus::Killed,
            TaskEndReason::Resubmitted
            | TaskEndReason::FetchFailed { .. }
            | TaskEndReason::ExceptionFailure { .. }
            | TaskEndReason::TaskResultLost
            | TaskEndReason::TaskCommitDenied
            | TaskEndReason::ExecutorLost { .. } => TaskStatus::Failed,
        };
        ListenerEvent::TaskEnd {
            stage: self.task.id.stage,
            stage_attempt: self.task.id.stage_attempt,
            is_map: self.task.is_map,
            reason,
            task: self.task.info(self.place, status, Some(self.finish_time)),
            metrics: self.metrics,
        }
    }
}
