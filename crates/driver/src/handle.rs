//! What a front door (RDD, SQL, PySpark) says to the driver.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hearth_scheduler::CancelTarget;
use hearth_types::{BlockId, BroadcastId, JobId, JobProperties, RddId, ShuffleId, StageGraph};

/// A job to run.
pub struct JobSubmission {
    /// Stages and lineage; the binary ids in it index `binaries`' names.
    pub graph: StageGraph,
    /// The binary of each stage, in the order of `graph.stages()`.
    pub binaries: Vec<Bytes>,
    /// Inputs of single partitions, asked for at launch.
    pub inputs: Arc<dyn TaskInputs>,
    /// Pool, group, description, tags of the submitting thread.
    pub properties: JobProperties,
    /// Called with (position in the result stage's partition list, result) once per partition, on the driver's
    /// result thread, never after `run_job` has returned.
    pub on_result: Box<dyn FnMut(u32, Bytes) + Send>,
}

/// Gives the input of one partition of one stage of a job. Called on the driver's loop: must be quick.
pub trait TaskInputs: Send + Sync {
    /// `stage` is the position in `StageGraph::stages`.
    fn input(&self, stage: usize, partition: u32) -> Bytes;
}

/// Why a job has no result. `Display` is Spark's sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// `Job aborted due to stage failure: …`
    #[error("{0}")]
    Aborted(String),
    /// `Job 3 cancelled …`
    #[error("{0}")]
    Cancelled(String),
    /// The application has stopped.
    #[error("the SparkContext was stopped")]
    Stopped,
}

impl fmt::Debug for JobSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobSubmission").field("graph", &self.graph).finish_non_exhaustive()
    }
}

/// The way into a running driver. Cheap to clone; every method may be called from any thread.
#[derive(Clone, Debug)]
pub struct DriverHandle {}

impl DriverHandle {
    /// Runs a job and waits for its end.
    pub fn run_job(&self, job: JobSubmission) -> Result<JobId, JobError> {
        let _ = job;
        Err(JobError::Stopped)
    }

    /// Gives jobs up.
    pub fn cancel(&self, which: CancelTarget, reason: &str) {
        let _ = (which, reason);
    }

    /// Keeps a broadcast value where executors can read it as block `BlockId::Broadcast`.
    pub fn add_broadcast(&self, value: Bytes) -> BroadcastId {
        let _ = value;
        BroadcastId(0)
    }

    /// Deletes a block on the executors, and on the driver too when `also_here`.
    pub fn remove_block(&self, block: BlockId, also_here: bool) {
        let _ = (block, also_here);
    }

    /// Deletes the cached partitions of an RDD everywhere. Waits for nothing.
    pub fn unpersist(&self, rdd: RddId) {
        let _ = rdd;
    }

    /// Says that no RDD reads the shuffle any more.
    pub fn release_shuffle(&self, shuffle: ShuffleId) {
        let _ = shuffle;
    }

    /// Registers where updates of an accumulator go. `merge` is called on the result thread, once per counted task.
    pub fn register_accumulator(&self, id: u64, merge: Box<dyn FnMut(Bytes) + Send>) {
        let _ = (id, merge);
    }
}
