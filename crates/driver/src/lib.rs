//! The loop around the scheduler, and the handle by which front doors reach it.
#![warn(missing_docs)]

mod handle;

pub use handle::{DriverHandle, JobError, JobSubmission, TaskInputs};
