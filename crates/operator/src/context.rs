//! What every controller has at hand.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::application::mounts::Mounts;
use crate::cache::Cache;
use crate::events::Events;
use crate::key::Key;
use crate::metrics::Metrics;
use crate::settings::Settings;

/// What every controller has at hand.
#[derive(Clone)]
pub struct Context {
    /// The client; behind the fence.
    pub client: Client,
    /// What there is.
    pub cache: Arc<Cache>,
    /// How the operator works.
    pub settings: Arc<Settings>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where events are published.
    pub events: Events,
    /// Since when pools have more executors than they are to have.
    pub surplus: Arc<Surplus>,
    /// What pods mount and is not there.
    pub mounts: Arc<Mounts>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Since when pools have more executors than they are to have. Forgotten when the operator is started anew; then the time of grace
/// begins again, which does no harm. No clock is read that may jump.
#[derive(Debug, Default)]
pub struct Surplus {
    since: Mutex<HashMap<Key, Instant>>,
}

impl Surplus {
    /// Notes whether there are too many now, and says for how long there have been.
    pub fn note(&self, key: &Key, is_surplus: bool) -> Option<Duration> {
        let mut since = self.since.lock();
        if is_surplus {
            Some(since.entry(key.clone()).or_insert_with(Instant::now).elapsed())
        } else {
            since.remove(key);
            None
        }
    }
}
