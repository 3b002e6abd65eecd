//! The controller of `SparkApplication`: dereference, validate, decide, build, apply, update the status.

pub mod update_status;
pub mod submit;
pub mod dereference;
pub mod controller;
pub mod certificates;
pub mod apply;
pub mod build;
pub mod decision;
pub mod submission;
pub mod decide;
pub mod observed;
pub mod cause;
pub mod conditions;
pub mod digest;
pub mod history;
