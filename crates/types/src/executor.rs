//! Executors as the scheduler and the listeners see them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The machine an executor runs on. Node locality compares these. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(pub Arc<str>);

impl HostName {
    /// A host by its name or address.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why an executor is gone. `Display` is the text that Spark's users see after `Reason:`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecutorLossReason {
    /// The process ended with this status: an application's fault, so running tasks count as failed.
    Exited {
        /// Exit code, or 128 + signal.
        code: i32,
    },
    /// The process ended, and the cluster says why (out of memory, a crash): an application's fault.
    Failed(String),
    /// Its stream broke and nothing more is known. Counts like an exit.
    Disconnected,
    /// No heartbeat for `spark.network.timeout`.
    HeartbeatTimeout {
        /// How long it was silent.
        silent_millis: u64,
        /// The limit that it passed.
        limit_millis: u64,
    },
    /// We asked it to go (idle, or the application ends). Not the application's fault.
    Removed,
    /// It was killed from outside for reasons that are not the application's (eviction, preemption).
    NotByApp(String),
}

impl ExecutorLossReason {
    /// Whether the tasks that ran there count as failed (Spark's `exitCausedByApp`).
    pub fn is_caused_by_app(&self) -> bool {
        match self {
            Self::Exited { .. } | Self::Failed(_) | Self::Disconnected | Self::HeartbeatTimeout { .. } => {
                true
            }
            Self::Removed | Self::NotByApp(_) => false,
        }
    }
}

impl fmt::Display for ExecutorLossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code: 137 } => {
                f.write_str("Command exited with code 137 (killed; possibly out of memory)")
            }
            Self::Exited { code } => write!(f, "Command exited with code {code}"),
            Self::Disconnected => f.write_str("Remote RPC client disassociated"),
            Self::HeartbeatTimeout { silent_millis, limit_millis } => {
                write!(f, "Executor heartbeat timed out after {silent_millis} ms (limit {limit_millis} ms)")
            }
            Self::Removed => f.write_str("Executor removed by the driver"),
            Self::Failed(why) | Self::NotByApp(why) => f.write_str(why),
        }
    }
}
