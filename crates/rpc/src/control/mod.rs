//! One gRPC stream per executor, both ends.
//!
//! Each end gets plain channels of messages, the same that a `local` master uses without gRPC.
//! What is queued while a batch is being written travels together in the next one.
//! The channels have no bound of their own, because the protocol has: a driver launches at most what fits an executor's
//! slots and the launch-ahead, an executor answers each attempt once, and neither end may block on the other.
//! Spark: `CoarseGrainedSchedulerBackend` and `CoarseGrainedExecutorBackend`, the parts that send and receive.

mod batch;
mod driver_end;
mod executor_end;
mod merge;

use tokio::sync::mpsc;

pub use driver_end::{AttachedExecutor, DriverService};
pub use executor_end::{AttachError, ConfigureError, attach, configure};

/// The sending half of one direction.
pub type Sender<T> = mpsc::UnboundedSender<T>;
/// The receiving half of one direction. Ends when the peer is gone.
pub type Receiver<T> = mpsc::UnboundedReceiver<T>;

/// Both halves of one direction.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    mpsc::unbounded_channel()
}

/// Largest batch that is understood. A batch holds `batch::TARGET` bytes and one message more at most.
const LARGEST_BATCH: usize = 1 << 30;
