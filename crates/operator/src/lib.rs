//! The operator: turns SparkApplication objects into driver and executor pods, and reports what becomes of them.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

pub mod api;
pub mod application;
pub mod cache;
pub mod client;
mod comes_next;
pub mod connect;
pub mod context;
pub mod events;
pub mod health;
pub mod key;
pub mod lease;
mod managed_fields;
pub mod metrics;
pub mod names;
pub mod namespaces;
pub mod pod_view;
pub mod pods;
pub mod pool;
pub mod queue;
pub mod rate_limit;
pub mod run;
pub mod scheduled;
pub mod settings;
#[cfg(test)]
mod testing;
pub mod watching;
