//! Everything that the scheduler can be told. Each variant says who tells it and what may follow.

use std::sync::Arc;

use hearth_types::{
    BlockUpdate, ExecutorId, ExecutorLossReason, HostName, JobId, JobProperties, MapSizes, RddId, ShuffleId,
    StageGraph, StageId, TaskAttempt, TaskEndReason, TaskMetrics,
};
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The driver is up: first event, once. Followed by `Action::RequestExecutors`.
    ApplicationStarted,
    /// The user's program runs an action. Followed, some day, by exactly one `Action::CompleteJob`.
    JobSubmitted {
        /// Fresh number, greater than all before.
        job: JobId,
        /// What to run.
        graph: StageGraph,
        /// Pool, group, description, tags.
        properties: JobProperties,
    },
    /// The user's program, or the UI, gives jobs up. Unknown or ended jobs are ignored.
    JobsCancelled {
        /// Which.
        which: CancelTarget,
        /// In whose words; may be empty.
        reason: String,
    },
    /// An executor is ready for tasks.
    ExecutorRegistered {
        /// Never seen before.
        executor: ExecutorId,
        /// Its machine.
        host: HostName,
        /// How many tasks it runs at a time.
        slots: u32,
        /// Where its blocks are served.
        block_address: String,
        /// Bytes of its unified memory.
        max_memory: u64,
    },
    /// An executor is gone: its stream broke, its process ended, or `Action::RemoveExecutors` was carried out.
    ExecutorLost {
        /// Which.
        executor: ExecutorId,
        /// Why.
        reason: ExecutorLossReason,
    },
    /// An executor is about to be taken away (drain, eviction, scale-down), or its stream broke and why is not known yet.
    /// It gets no new tasks; what runs there goes on. Followed by `Action::RemoveExecutors` once no task runs there and
    /// no active job can read its map outputs, unless `ExecutorLost` comes first.
    ExecutorDecommissioning {
        /// Which.
        executor: ExecutorId,
    },
    /// The cluster manager could not do what `Action::RequestExecutors` asked. The scheduler asks again later.
    ExecutorRequestFailed {
        /// For people.
        reason: String,
    },
    /// Somebody edited between how many executors dynamic allocation chooses; ignored without it.
    /// Followed by `Action::RequestExecutors` if the target is outside, and by `Action::RemoveExecutors` if idle
    /// executors are too many now.
    ExecutorBoundsChanged {
        /// The least number; as it was if `None`. Never more than the greatest.
        min: Option<u32>,
        /// The greatest number; as it was if `None`.
        max: Option<u32>,
    },
    /// An executor says that it lives.
    Heartbeat {
        /// Which.
        executor: ExecutorId,
    },
    /// A task attempt ended. May come late, twice, or from an executor that is lost.
    TaskEnded {
        /// Which attempt.
        id: TaskAttempt,
        /// Where it ran.
        executor: ExecutorId,
        /// How.
        end: TaskEnd,
        /// What it measured.
        metrics: Box<TaskMetrics>,
    },
    /// The driver has read a large result that `Action::FetchResult` asked for.
    ResultFetched {
        /// Which attempt.
        id: TaskAttempt,
    },
    /// The driver could not read it: counts as `TaskResultLost`.
    ResultLost {
        /// Which attempt.
        id: TaskAttempt,
    },
    /// An attempt wants to commit its output. Answered by exactly one `Action::AnswerCommit`.
    CommitRequested {
        /// Which attempt.
        id: TaskAttempt,
        /// Where it runs.
        executor: ExecutorId,
    },
    /// An executor wants the locations of a shuffle's outputs. Answered by `Action::SendMapOutputs`.
    MapOutputsRequested {
        /// Who asks.
        executor: ExecutorId,
        /// For which shuffle.
        shuffle: ShuffleId,
    },
    /// A cached partition appeared, moved or went.
    BlockUpdated {
        /// Where.
        executor: ExecutorId,
        /// What.
        update: BlockUpdate,
    },
    /// The user's program unpersisted an RDD: its locations are forgotten.
    RddUnpersisted {
        /// Which.
        rdd: RddId,
    },
    /// The user's program can no longer reach a shuffle: its outputs may go. Followed by `Action::RemoveShuffle`.
    ShuffleReleased {
        /// Which.
        shuffle: ShuffleId,
    },
    /// The moment that `Scheduler::next_timeout` named has come. Early calls are harmless.
    Timeout,
}

/// Which jobs to give up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelTarget {
    /// One job.
    Job(JobId),
    /// Every job that needs the stage.
    Stage(StageId),
    /// Every job of the group.
    Group(String),
    /// Every job with the tag.
    Tag(String),
    /// Every job.
    All,
}

/// How a task attempt ended, with what it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskEnd {
    /// A map task wrote its output; the location is the executor that reports.
    MapOutput {
        /// Size of each piece.
        sizes: MapSizes,
        /// A sum over its records, in any order: differs, as good as certainly, when it is computed again and records go
        /// elsewhere than before.
        checksum: u64,
    },
    /// A result task's result came along; the driver holds it until `Action::AcceptTask`.
    Result {
        /// Bytes.
        size: u64,
    },
    /// A result task stored its result on the executor. Followed by `Action::FetchResult` or a failed job.
    IndirectResult {
        /// Bytes.
        size: u64,
    },
    /// It did not succeed. Never `TaskEndReason::Success`.
    Failed(Arc<TaskEndReason>),
}
