//! Where executors come from. Spark: `ExternalClusterManager` and the part of `SchedulerBackend` that asks for executors.
//!
//! The driver says how many executors it wants and hears what became of them; how they are made is the manager's own.
#![warn(missing_docs)]

pub mod kubernetes;
pub mod local;
mod manager;

pub use manager::{ClusterEvent, ClusterManager, EventReceiver};
