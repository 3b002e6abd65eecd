//! What runs on executors: the tasks of a stage, and what a running task can reach. Spark: `Task`, `TaskContext`.

mod accumulated;
mod context;
mod read_shuffle;
mod result;
mod runner;

use bytes::Bytes;
use hearth_types::MapSizes;

pub use context::TaskContext;
pub(crate) use result::ResultTask;
pub use runner::RddRunner;

/// The end of a stage's pipeline.
pub(crate) trait StageTask: Send + Sync {
    /// Computes one partition. Failures unwind.
    fn run(&self, split: u32, task: &TaskContext) -> TaskOutput;
}

/// What a task made.
pub(crate) enum TaskOutput {
    MapOutput { sizes: MapSizes, checksum: u64 },
    Result(Bytes),
}
