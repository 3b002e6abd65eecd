//! The words that three crates or more share: ids, the stage graph, task ends, storage levels, listener events.
//!
//! Nothing here does IO, reads a clock or knows a wire format.
#![warn(missing_docs)]

mod block;
mod error_chain;
mod executor;
mod graph;
mod ids;
mod listener;
mod map_status;
mod metrics;
pub mod pod;
mod storage_level;
mod task;
mod time;

pub use block::{BlockId, BlockUpdate};
pub use error_chain::error_chain;
pub use executor::{ExecutorLossReason, HostName};
pub use graph::{Dependency, GraphError, NarrowMapping, RddInfo, StageGraph, StageKind, StageSpec};
pub use ids::{BroadcastId, ExecutorId, JobId, RddId, ShuffleId, StageId, TaskBinaryId, TaskId};
pub use listener::{JobOutcome, ListenerEvent, StageInfo, TaskInfo, TaskStatus};
pub use map_status::{MapSizes, MapStatus};
pub use metrics::{
    ExecutorMetrics, InputMetrics, OutputMetrics, ShuffleReadMetrics, ShuffleWriteMetrics, TaskMetrics,
};
pub use storage_level::StorageLevel;
pub use task::{
    ExceptionKind, JobProperties, KillReason, SchedulingMode, TaskAttempt, TaskDescription, TaskEndReason,
    TaskLocality,
};
pub use time::Timestamp;
