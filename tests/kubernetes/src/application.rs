//! A `SparkApplication` in the cluster, and every state that it was seen in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use futures::StreamExt as _;
use kube::Api;
use kube::api::{DynamicObject, ListParams, WatchEvent, WatchParams};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::limits;

/// Watches one application from before it is made.
#[derive(Debug)]
pub struct Application {
    /// Its name.
    pub name: String,
    seen: watch::Receiver<Seen>,
    watcher: JoinHandle<()>,
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Each state once for each time that it was entered.
    states: Vec<String>,
    object: Option<Arc<Value>>,
    deleted: bool,
}

impl Application {
    /// Begins to watch.
    pub(crate) async fn watch(api: Api<DynamicObject>, name: &str) -> anyhow::Result<Self> {
        let version = api.list(&ListParams::default().limit(1)).await?.metadata.resource_version;
        let (sender, seen) = watch::channel(Seen::default());
        let watcher = tokio::spawn(follow(api, name.to_owned(), version.unwrap_or_default(), sender));
        Ok(Self { name: name.to_owned(), seen, watcher })
    }

    /// Every state in the order in which they were entered.
    pub fn states(&self) -> Vec<String> {
        self.seen.borrow().states.clone()
    }

    /// The states without those that an operator may pass in one step: `SUCCEEDING` and `FAILING`.
    pub fn settled_states(&self) -> Vec<String> {
        let mut states = self.states();
        states.retain(|state| state != "SUCCEEDING" && state != "FAILING");
        states
    }

    /// The status as it was last seen.
    pub fn status(&self) -> Value {
        let seen = self.seen.borrow();
        seen.object.as_ref().and_then(|object| object.get("status")).cloned().unwrap_or_default()
    }

    /// `status.applicationState.errorMessage`.
    pub fn error_message(&self) -> String {
        let status = self.status();
        status
            .pointer("/applicationState/errorMessage")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    /// Why the last attempt failed, as a word: `status.attempts[].cause`.
    pub fn cause(&self) -> String {
        let status = self.status();
        let attempts = status.get("attempts").and_then(Value::as_array);
        let cause = attempts.and_then(|attempts| attempts.last()).and_then(|last| last.get("cause"));
        cause.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Waits until it is in this state, or was since the test looked for the last time.
    ///
    /// # Errors
    /// It ends in another state, or the time is over.
    pub async fn reaches(&self, state: &str) -> anyhow::Result<()> {
        self.reaches_within(state, limits::STEP).await
    }

    /// As [`Self::reaches`], with a limit.
    ///
    /// # Errors
    /// As [`Self::reaches`].
    pub async fn reaches_within(&self, state: &str, limit: Duration) -> anyhow::Result<()> {
        let from = self.seen.borrow().states.len().saturating_sub(1);
        self.until(&format!("state {state}"), limit, |seen| {
            let later = &seen.states[from..];
            if later.iter().any(|entered| entered == state) {
                return Some(Ok(()));
            }
            let last = later.last().map(String::as_str);
            let over = matches!(last, Some("COMPLETED" | "FAILED"));
            over.then(|| Err(anyhow!("application {} ended as {}", self.name, last.unwrap_or_default())))
        })
        .await?
    }

    /// Waits until the status, as it is, satisfies the condition.
    ///
    /// # Errors
    /// The time is over.
    pub async fn status_is(
        &self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        self.until(what, limit, |seen| {
            let status = seen.object.as_ref()?.get("status")?;
            condition(status).then_some(())
        })
        .await
    }

    /// Waits until it is deleted.
    ///
    /// # Errors
    /// The time is over.
    pub async fn is_deleted(&self) -> anyhow::Result<()> {
        self.until("its deletion", limits::STEP, |seen| seen.deleted.then_some(())).await
    }

    async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&Seen) -> Option<T>,
    ) -> anyhow::Result<T> {
        let mut seen = self.seen.clone();
        let wait = async {
            loop {
                if let Some(answer) = condition(&seen.borrow_and_update()) {
                    return Ok(answer);
                }
                seen.changed().await?;
            }
        };
        match tokio::time::timeout(limit, wait).await {
            Ok(answer) => answer,
            Err(_) => bail!(
                "application {}: gave up waiting for {what} after {} s; states were {:?}, and the error message {:?}",
                self.name,
                limit.as_secs(),
                self.states(),
                self.error_message(),
            ),
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// Follows the object until nobody listens.
async fn follow(api: Api<DynamicObject>, name: String, mut version: String, sender: watch::Sender<Seen>) {
    let only = format!("metadata.name={name}");
    let (of_it, params) = (ListParams::default().fields(&only), WatchParams::default().fields(&only));
    loop {
        if version.is_empty()
            && let Ok(list) = api.list(&of_it).await
        {
            version = list.metadata.resource_version.unwrap_or_default();
            sender.send_modify(|seen| match list.items.first() {
                Some(object) => seen.take(object, false),
                // It was deleted when nobody looked, or is not made yet.
                None => seen.deleted = seen.object.is_some(),
            });
        }
        let Ok(changes) = api.watch(&params, &version).await else {
            version.clear();
            tokio::time::sleep(Duration::from_millis(100)).await; // waits for: an API server that is busy or away
            continue;
        };
        let mut changes = std::pin::pin!(changes);
        while let Some(Ok(change)) = changes.next().await {
            let (object, deleted) = match change {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => (object, false),
                WatchEvent::Deleted(object) => (object, true),
                WatchEvent::Bookmark(mark) => {
                    version = mark.metadata.resource_version;
                    continue;
                }
                WatchEvent::Error(_) => {
                    version.clear();
                    break;
                }
            };
            version = object.metadata.resource_version.clone().unwrap_or_default();
            sender.send_modify(|seen| seen.take(&object, deleted));
        }
    }
}

impl Seen {
    fn take(&mut self, object: &DynamicObject, deleted: bool) {
        let state = object.data.pointer("/status/applicationState/state").and_then(Value::as_str);
        if let Some(state) = state.filter(|state| !state.is_empty())
            && self.states.last().map(String::as_str) != Some(state)
        {
            self.states.push(state.to_owned());
        }
        self.object = Some(Arc::new(object.data.clone()));
        self.deleted = deleted;
    }
}
