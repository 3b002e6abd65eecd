//! Everything that the scheduler can ask for. Each variant says what may come back.

use std::sync::Arc;

use hearth_types::{
    ExecutorId, JobId, KillReason, ListenerEvent, MapStatus, RddId, ShuffleId, StageId, TaskAttempt,
    TaskBinaryId, TaskDescription, TaskId,
};
use serde::{Deserialize, Serialize};

/// One thing to do now. Actions of one call are done in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "two actions of three are posts, so boxing them would only cost"
)]
pub enum Action {
    /// Start an attempt. Comes back as `TaskEnded`, or `ExecutorLost`.
    LaunchTask {
        /// Where.
        executor: ExecutorId,
        /// What.
        task: TaskDescription,
    },
    /// Stop an attempt. Comes back as its `TaskEnded`, killed or finished after all.
    KillTask {
        /// Where it runs.
        executor: ExecutorId,
        /// Which.
        id: TaskAttempt,
        /// Why.
        reason: KillReason,
    },
    /// Have this many executors in all. May come back as `ExecutorRequestFailed`.
    RequestExecutors {
        /// Target, living ones included.
        total: u32,
    },
    /// Let these idle executors go. Comes back as `ExecutorLost` with `Removed`.
    RemoveExecutors {
        /// Which.
        executors: Vec<ExecutorId>,
    },
    /// Give an executor up that is silent: end its process and its stream. `ExecutorLost` was already applied.
    AbandonExecutor {
        /// Which.
        executor: ExecutorId,
    },
    /// Delete a shuffle's files and blocks everywhere.
    RemoveShuffle {
        /// Which.
        shuffle: ShuffleId,
    },
    /// Delete every cached partition of an RDD everywhere, and store none that a task before `first_task` computes: what
    /// they were made of is not any more what it was.
    ForgetCached {
        /// Which.
        rdd: RddId,
        /// The first task that may store partitions again.
        first_task: TaskId,
    },
    /// Answer `CommitRequested`.
    AnswerCommit {
        /// Who asked.
        executor: ExecutorId,
        /// For which attempt.
        id: TaskAttempt,
        /// Whether it may commit.
        allowed: bool,
    },
    /// Answer `MapOutputsRequested`: index = map partition, `None` = missing.
    SendMapOutputs {
        /// Who asked.
        executor: ExecutorId,
        /// Which shuffle.
        shuffle: ShuffleId,
        /// Generation of this answer.
        epoch: u64,
        /// The locations.
        outputs: Arc<[Option<MapStatus>]>,
    },
    /// Read a large result from its executor. Comes back as `ResultFetched` or `ResultLost`.
    FetchResult {
        /// Where it is.
        executor: ExecutorId,
        /// Whose result.
        id: TaskAttempt,
    },
    /// The attempt counts: merge its accumulator updates and, when `deliver` is set, hand its result over.
    /// Whatever the driver holds of other ended attempts is dropped.
    AcceptTask {
        /// Which.
        id: TaskAttempt,
        /// The job and the position in `StageKind::Result::partitions` that it answers.
        deliver: Option<(JobId, u32)>,
    },
    /// Tell the waiting thread. Exactly once per job; no `AcceptTask` for the job comes after it.
    CompleteJob {
        /// Which.
        job: JobId,
        /// How it ended.
        result: JobResult,
    },
    /// No job needs the stage any more: its binary may be dropped.
    ForgetStage {
        /// Which stage.
        stage: StageId,
        /// Its binary.
        binary: TaskBinaryId,
    },
    /// Tell the listeners.
    Post(ListenerEvent),
}

/// How a job ended, for the thread that waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobResult {
    /// Every partition was delivered.
    Succeeded,
    /// It was aborted; the sentence is Spark's.
    Failed(String),
    /// It was cancelled; the sentence is Spark's.
    Cancelled(String),
}
