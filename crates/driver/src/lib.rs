//! The driver of an application: the loop around the scheduler, and the handle by which front doors reach it.
//!
//! One thread runs the loop (`event_loop`): it turns what executors, the cluster manager and the program say into
//! events for the scheduler, and does what the scheduler asks for.
//! Results and accumulator updates go to a second thread (`results`), so that the program's code never holds up the
//! loop.
#![warn(missing_docs)]

mod background;
mod blocks;
mod conf;
mod driver;
mod endpoint;
mod error;
mod event_loop;
mod handle;
mod job_log;
mod redacted;
mod results;
#[cfg(test)]
mod tests;

pub use blocks::{Blocks, DriverBlocks};
pub use conf::{DEFAULT_INSTANCES, Deployment, DriverConf, PoolError, parse_pools};
pub use driver::{Driver, DriverParts, Executors};
pub use endpoint::Endpoint;
pub use error::Error;
pub use handle::{DriverHandle, JobError, JobSubmission, TaskInputs};
pub use hearth_status::{
    ExecutorInfo, JobInfo, JobStatus, Listener, StageStatusInfo, StatusStore, StatusTracker,
};
