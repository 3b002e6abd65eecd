//! Events that are kept back for a while, as another may say the same.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use k8s_openapi::api::events::v1::Event;
use tokio::time::Instant;

use crate::key::Key;

/// For how long. Most applications run by then, and have an event less.
const PATIENCE: Duration = Duration::from_secs(60);

/// An event that is to be published.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) key: Key,
    pub(super) event: Event,
    /// The reasons of other events, after which this one is superfluous.
    pub(super) implied_by: &'static [&'static str],
}

/// Those that are kept back: at most one of each application.
#[derive(Debug, Default)]
pub(super) struct Held {
    events: HashMap<Key, (Instant, Waiting)>,
    /// When each is due, the first one first; what is not kept any more is still in it.
    due: VecDeque<(Instant, Key)>,
}

impl Held {
    /// When the first of them is to be published.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.front().map(|(due, _)| *due)
    }

    /// Another event: answers with what is to be published now, in order.
    pub(super) fn take(&mut self, waiting: Waiting, now: Instant) -> Vec<(Key, Event)> {
        let earlier = self.events.remove(&waiting.key).map(|(_, earlier)| earlier);
        let reason = waiting.event.reason.as_deref();
        let is_superfluous =
            |earlier: &Waiting| reason.is_some_and(|reason| earlier.implied_by.contains(&reason));
        let mut ready: Vec<Waiting> =
            earlier.filter(|earlier| !is_superfluous(earlier)).into_iter().collect();
        if !waiting.implied_by.is_empty() {
            let due = now + PATIENCE;
            self.due.push_back((due, waiting.key.clone()));
            self.events.insert(waiting.key.clone(), (due, waiting));
        } else {
            ready.push(waiting);
        }
        ready.into_iter().map(published).collect()
    }

    /// Those that have waited long enough.
    pub(super) fn release_due(&mut self, now: Instant) -> Vec<(Key, Event)> {
        let mut ready = Vec::new();
        while self.next_due().is_some_and(|due| due <= now)
            && let Some((due, key)) = self.due.pop_front()
        {
            // A later one of this application has a later date.
            if self.events.get(&key).is_some_and(|(at, _)| *at == due) {
                ready.extend(self.events.remove(&key).map(|(_, waiting)| published(waiting)));
            }
        }
        ready
    }

    /// All of them.
    pub(super) fn release_all(&mut self) -> Vec<(Key, Event)> {
        self.due.clear();
        self.events.drain().map(|(_, (_, waiting))| published(waiting)).collect()
    }
}

fn published(waiting: Waiting) -> (Key, Event) {
    (waiting.key, waiting.event)
}
