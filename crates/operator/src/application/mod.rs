//! The controller of `SparkApplication`: dereference, validate, decide, build, apply, update the status.

pub mod decision;
pub mod submission;
