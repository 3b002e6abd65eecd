//! The RDD API as an application sees it, one module per topic.
//!
//! One program holds all of them, because each test program links the whole runtime.
//! Executors of `local-cluster` are this same program: it becomes one before the test harness runs.
#![cfg(test)]

mod actions;
mod checkpoint;
mod context;
mod debug_string;
mod differential;
mod failures;
mod files;
mod join;
mod numeric;
mod output;
mod pair;
mod partitions;
mod persist;
mod pipe;
mod properties;
mod sets;
mod shared;
mod sort;
mod sources;
mod spill;
mod status;
mod support;
mod take;
mod task_context;
mod transform;
