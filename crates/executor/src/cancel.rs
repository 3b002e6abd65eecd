//! How a running attempt learns that it should stop. Spark: `Task.kill` and `TaskContext.isInterrupted`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use hearth_types::KillReason;

/// Set at most once, by whoever is first; read by the attempt between records.
#[derive(Debug, Default)]
pub struct CancelFlag {
    cancelled: Arc<AtomicBool>,
    reason: OnceLock<KillReason>,
}

impl CancelFlag {
    /// Tells the attempt to stop. The first reason stays.
    pub fn cancel(&self, reason: KillReason) {
        // An error says that it was told before.
        drop(self.reason.set(reason));
        // After the reason, so that whoever sees the flag finds it.
        self.cancelled.store(true, Ordering::Release);
    }

    /// Whether the attempt should stop. Costs one atomic load.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Why it should stop, once it should.
    pub fn reason(&self) -> Option<&KillReason> {
        if self.is_cancelled() { self.reason.get() } else { None }
    }

    /// The bare flag, for code that only wants to know whether to stop.
    pub fn as_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }
}
