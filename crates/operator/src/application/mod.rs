//! The controller of `SparkApplication`: dereference, validate, decide, build, apply, update the status.

pub mod apply;
pub mod build;
pub mod cause;
pub mod certificates;
pub mod conditions;
pub mod controller;
pub mod decide;
pub mod decision;
pub mod dereference;
pub mod digest;
pub mod history;
pub mod leftovers;
pub mod mounts;
pub mod observed;
pub mod submission;
pub mod submit;
pub mod update_status;
pub mod validate;
