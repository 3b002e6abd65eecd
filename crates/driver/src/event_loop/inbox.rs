//! Everything that the loop can be told, by whom.

use std::sync::Arc;

use bytes::Bytes;
use hearth_cluster::ClusterEvent;
use hearth_rpc::control::AttachedExecutor;
use hearth_rpc::message::FromExecutor;
use hearth_scheduler::CancelTarget;
use hearth_status::Listener;
use hearth_types::{BlockId, ExecutorId, JobProperties, RddId, ShuffleId, StageGraph, TaskAttempt};

use crate::handle::TaskInputs;
use crate::results::{JobSink, Merge};

/// One message to the loop.
pub(crate) enum Input {
    /// A thread of the program runs a job and waits.
    Submit(Box<Submission>),
    /// The program, or the result thread, gives jobs up.
    Cancel { which: CancelTarget, reason: String },
    /// The program unpersists an RDD.
    Unpersist(RddId),
    /// The program can no longer reach a shuffle.
    ReleaseShuffle(ShuffleId),
    /// The program wants a block deleted on the executors; on the driver it is already, if `also_here`.
    RemoveBlock { block: BlockId, also_here: bool },
    /// The program made an accumulator.
    RegisterAccumulator { id: u64, merge: Merge },
    /// The program can no longer reach an accumulator.
    ReleaseAccumulator { id: u64 },
    /// The program wants to hear what happens.
    AddListener(Box<dyn Listener>),
    /// An executor has opened its stream and passed the check of its version.
    Attached(Box<AttachedExecutor>),
    /// An executor says something.
    From(ExecutorId, FromExecutor),
    /// An executor's stream has ended.
    StreamEnded(ExecutorId),
    /// The cluster manager says something.
    Cluster(ClusterEvent),
    /// The cluster manager will say nothing more.
    ClusterEnded,
    /// A large result was read, or could not be.
    ResultFetched { executor: ExecutorId, id: TaskAttempt, result: Result<Bytes, String> },
    /// The driver ends.
    Stop(Farewell),
}

/// Why a driver ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// The application is over.
    ForGood,
    /// The process is asked to go; where executors outlive their driver, another takes its place.
    TakenAway,
}

/// A job, with real binary ids in its graph.
pub(crate) struct Submission {
    pub(crate) graph: StageGraph,
    /// Id of the first stage's binary; the others follow.
    pub(crate) first_binary: u64,
    pub(crate) binaries: Vec<Bytes>,
    pub(crate) inputs: Arc<dyn TaskInputs>,
    pub(crate) properties: JobProperties,
    pub(crate) sink: JobSink,
}
