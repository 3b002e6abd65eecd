//! What tasks ask of the driver, and wait for. Spark: `MapOutputTrackerWorker`, `OutputCommitCoordinatorRef`,
//! `TorrentBroadcast.readBroadcastBlock`.
//!
//! The questions travel over the executor's stream and the answers come back to the control loop.
//! The number of waiting tasks is at most the number of slots, so one condition variable wakes them all.

mod broadcast;
mod cached;
mod commit;
mod map_outputs;

use std::collections::{BTreeMap, BTreeSet};

use hearth_rpc::control::Sender;
use hearth_rpc::message::FromExecutor;
use hearth_types::{BroadcastId, RddId, ShuffleId, TaskAttempt};
use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::cancel::CancelFlag;
use map_outputs::Known;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The task was told to stop while it waited.
    #[error("the task was told to stop")]
    Cancelled,
    /// The driver is gone, and the executor will be soon.
    #[error("lost the driver")]
    Disconnected,
    /// A broadcast value was destroyed, or never existed.
    #[error("broadcast variable {0} is gone: it was destroyed, or its driver has stopped")]
    BroadcastGone(BroadcastId),
    /// A broadcast value could not be read or kept.
    #[error("read broadcast variable {id}")]
    Broadcast {
        /// Which.
        id: BroadcastId,
        /// What went wrong.
        source: hearth_storage::Error,
    },
}

/// Questions that are open, and answers.
pub(crate) struct Services {
    to_driver: Sender<FromExecutor>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    disconnected: bool,
    /// The highest that a launched task needs.
    epoch: u64,
    map_outputs: BTreeMap<ShuffleId, Known>,
    /// `None` until the driver answers.
    commits: BTreeMap<TaskAttempt, Option<bool>>,
    /// Cached partitions that were asked for; `None` until the driver answers.
    cached: BTreeMap<(RddId, u32), Option<Vec<String>>>,
    /// Values that a task is reading from the driver right now.
    broadcasts: BTreeSet<BroadcastId>,
}

impl Services {
    pub(crate) fn new(to_driver: Sender<FromExecutor>) -> Self {
        Self { to_driver, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Makes every waiting task look again whether it was told to stop.
    pub(crate) fn wake(&self) {
        // Whoever has looked and does not wait yet holds the lock.
        drop(self.state.lock());
        self.changed.notify_all();
    }

    /// There will be no answers any more.
    pub(crate) fn disconnect(&self) {
        self.state.lock().disconnected = true;
        self.changed.notify_all();
    }

    /// Waits until `look` finds an answer, which may ask questions first.
    fn wait<T>(
        &self,
        cancel: &CancelFlag,
        mut look: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<T, ServiceError> {
        let mut state: MutexGuard<'_, State> = self.state.lock();
        loop {
            if cancel.is_cancelled() {
                return Err(ServiceError::Cancelled);
            }
            if state.disconnected {
                return Err(ServiceError::Disconnected);
            }
            if let Some(found) = look(&mut state) {
                return Ok(found);
            }
            self.changed.wait(&mut state);
        }
    }

    fn ask(&self, question: FromExecutor) {
        // An error says that the driver is gone; the control loop is about to say so to everybody who waits.
        drop(self.to_driver.send(question));
    }
}
