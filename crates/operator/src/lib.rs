//! The operator: turns SparkApplication objects into driver and executor pods, and reports what becomes of them.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod application;
pub mod names;
