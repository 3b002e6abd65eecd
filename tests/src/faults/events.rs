//! Everything that a listener heard, and waiting for it.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Instant;

use hearth::{ListenerEvent, SparkContext};
use hearth_types::{ExecutorId, ExecutorLossReason, JobOutcome};

use super::PATIENCE;

/// The events of an application, from the moment on at which it was made.
#[derive(Clone, Debug)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Vec<ListenerEvent>>,
    more: Condvar,
}

impl Events {
    /// Listens to an application.
    pub fn of(sc: &SparkContext) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let hears = Arc::clone(&shared);
        sc.add_spark_listener(Box::new(move |event: &ListenerEvent| {
            hears.heard.lock().unwrap().push(event.clone());
            hears.more.notify_all();
        }));
        Self { shared }
    }

    /// What was heard so far.
    pub fn heard(&self) -> Vec<ListenerEvent> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// Waits until `find` finds something in all that was heard.
    pub fn wait_for<T>(&self, what: &str, find: impl Fn(&[ListenerEvent]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = self.shared.heard.lock().unwrap();
        loop {
            if let Some(found) = find(&heard) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} did not come; heard {heard:#?}");
            heard = self.shared.more.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// Waits for the end of so many jobs.
    pub fn wait_for_jobs(&self, count: usize) {
        self.wait_for("the end of the jobs", |heard| {
            let ends = heard.iter().filter(|event| matches!(event, ListenerEvent::JobEnd { .. }));
            (ends.count() >= count).then_some(())
        });
    }

    /// Why a job failed, if one did.
    pub fn failure(&self) -> Option<String> {
        self.shared.heard.lock().unwrap().iter().find_map(|event| match event {
            ListenerEvent::JobEnd { outcome: JobOutcome::Failed { message }, .. } => Some(message.clone()),
            _ => None,
        })
    }

    /// Waits for the loss of an executor, and says why it was lost.
    pub fn wait_for_loss(&self, lost: ExecutorId) -> ExecutorLossReason {
        self.wait_for("the loss of an executor", |heard| {
            heard.iter().find_map(|event| match event {
                ListenerEvent::ExecutorRemoved { executor, reason, .. } if *executor == lost => {
                    Some(reason.clone())
                }
                _ => None,
            })
        })
    }
}
