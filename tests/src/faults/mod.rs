//! What tests of lost executors need: a cluster of real processes in the test's own hands, what its tasks leave behind,
//! and the history of the tasks as the listener events tell it.

mod cluster;
mod events;
mod history;
mod job;
mod notes;
mod sockets;

pub use cluster::Cluster;
pub use events::Events;
pub use history::History;
pub use job::Job;
pub use notes::{Note, Notes};
pub use sockets::{connected, listening};

use std::time::Duration;

/// How long anything may take that must come.
pub const PATIENCE: Duration = Duration::from_secs(60);
