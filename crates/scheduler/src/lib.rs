//! Decides what a Spark application runs where. Owns no IO, reads no clock, and cannot fail.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

mod action;
mod conf;
mod event;
mod scheduler;

pub use action::{Action, JobResult};
pub use conf::{AllocationConf, ExecutorsConf, PoolConf, SchedulerConf};
pub use event::{CancelTarget, Event, TaskEnd};
pub use scheduler::Scheduler;
