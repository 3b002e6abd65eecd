//! The port between a driver and whatever gives it executors.

use std::time::Duration;

use async_trait::async_trait;
use hearth_types::{ExecutorId, ExecutorLossReason};
use tokio::sync::mpsc;

/// Gives executors and takes them back. No method waits, but for `stop`; what comes of them is an event.
#[async_trait]
pub trait ClusterManager: Send + Sync {
    /// Have so many executors in all, living ones included. Fewer than there are ends none of them: `remove` does.
    ///
    /// May come back as `ClusterEvent::RequestFailed`; asking again is then a fresh try.
    fn request_executors(&self, total: u32);

    /// An executor has registered: it works, so its end is not a failure to start.
    fn registered(&self, executor: ExecutorId);

    /// These were told to shut down. Whichever does not end within some seconds is ended.
    /// They are not replaced beyond the number asked for. Each comes back as `ClusterEvent::ExecutorExited`.
    fn remove(&self, executors: &[ExecutorId]);

    /// End an executor at once; it does not answer any more. Comes back as `ClusterEvent::ExecutorExited`.
    fn abandon(&self, executor: ExecutorId);

    /// The driver counts an executor as gone, whoever said so.
    fn lost(&self, executor: ExecutorId);

    /// How long it may take until `ClusterEvent::ExecutorExited` follows the end of an executor.
    fn exit_wait(&self) -> Duration;

    /// Whether executors outlive a driver that is taken away, for the next one to find them.
    fn keeps_executors(&self) -> bool;

    /// Takes all executors back, which were told to shut down. Returns when none is left, after two seconds at most.
    async fn stop(&self);
}

/// What a cluster manager reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterEvent {
    /// An executor has ended, for whatever reason. If more are wanted than there are, another takes its place.
    ExecutorExited {
        /// Which.
        executor: ExecutorId,
        /// Why: `Exited`, or what the cluster knows beyond that.
        reason: ExecutorLossReason,
    },
    /// There will be no more executors until they are asked for again.
    RequestFailed {
        /// For people.
        reason: String,
    },
    /// Somebody edited between how many executors dynamic allocation chooses.
    BoundsChanged {
        /// The least number; as it was if `None`.
        min: Option<u32>,
        /// The greatest number; as it was if `None`.
        max: Option<u32>,
    },
}

/// Where the events of a cluster manager come out.
pub type EventReceiver = mpsc::UnboundedReceiver<ClusterEvent>;
