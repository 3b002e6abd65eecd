//! What a front door brings so that an executor can run its tasks. Spark: `Task.run`, the part that subclasses write.

use std::sync::Arc;

use bytes::Bytes;
use hearth_rpc::message::{LaunchTask, TaskOutcome};
use hearth_types::TaskMetrics;

use crate::cancel::CancelFlag;
use crate::env::ExecutorEnv;

/// Runs the tasks of one front door. Implemented by `hearth-rdd`.
pub trait TaskRunner: Send + Sync {
    /// Decodes the binary of a stage. Called once per executor and stage; all tasks of the stage share the answer.
    ///
    /// The error, or the panic, is what every task of the stage fails with.
    fn prepare(&self, bytes: &Bytes) -> Result<Arc<dyn PreparedStage>, String>;
}

/// The code of a stage, ready to run.
pub trait PreparedStage: Send + Sync {
    /// Runs one attempt to its end, on the thread of a slot. A panic fails the attempt with its message and backtrace.
    ///
    /// The attempt should look at `call.cancel` between records and end early when it is set.
    fn run(&self, call: TaskCall<'_>) -> TaskOutput;
}

/// What an attempt gets.
#[derive(Clone, Copy, Debug)]
pub struct TaskCall<'a> {
    /// Which attempt, its input, its job's properties.
    pub task: &'a LaunchTask,
    /// The executor that it runs on.
    pub env: &'a Arc<ExecutorEnv>,
    /// Whether it has been told to stop.
    pub cancel: &'a Arc<CancelFlag>,
}

/// What an attempt made and measured.
#[derive(Debug)]
pub struct TaskOutput {
    /// A `Result` of any size: the executor stores it when it is too large to send. Never `StoredResult`.
    pub outcome: TaskOutcome,
    /// What the attempt measured; the executor adds the times of the whole run and the size of the result.
    pub metrics: TaskMetrics,
    /// Updates of accumulators: (accumulator, encoded update).
    pub accumulators: Vec<(u64, Bytes)>,
}
