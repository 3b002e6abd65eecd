//! Kubernetes events about applications: `kubectl describe` tells the story with them.
//!
//! Best effort, as events are everywhere: they are sent beside the work, an application has a limited number of them, and those
//! that repeat soon are left out, as are those that the next one says too. Kubeflow: client-go's recorder.

mod held;
mod limits;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use self::held::{Held, Waiting};
use self::limits::{Limits, Verdict};
use crate::application::decision::Note;
use crate::key::Key;
use crate::metrics::Metrics;

/// How many events may wait to be sent.
const WAITING: usize = 2048;
/// How many are sent at once.
const AT_ONCE: usize = 4;
/// The longest message that the API server takes.
const LONGEST_MESSAGE: usize = 1024;
/// Who says it.
const CONTROLLER: &str = "hearth.dev/operator";

/// Where events are published.
#[derive(Clone, Debug)]
pub struct Events {
    sender: mpsc::Sender<Waiting>,
    metrics: Arc<Metrics>,
    instance: Arc<str>,
}

impl Events {
    /// Publishes with `client` until all copies of this are gone. `instance` names the operator's process.
    pub fn start(client: Client, metrics: Arc<Metrics>, instance: &str) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(send_all(client, receiver, metrics.clone()));
        Self { sender, metrics, instance: instance.into() }
    }

    /// Publishes notes about an application; never waits.
    pub fn publish(&self, key: &Key, about: &ObjectReference, notes: Vec<Note>) {
        for note in notes {
            let implied_by = note.implied_by;
            let event = self.event(key, about, note);
            if self.sender.try_send(Waiting { key: key.clone(), event, implied_by }).is_err() {
                self.metrics.event_dropped();
            }
        }
    }

    fn event(&self, key: &Key, about: &ObjectReference, note: Note) -> Event {
        let now = Timestamp::now();
        Event {
            metadata: ObjectMeta {
                name: Some(name(key, now)),
                namespace: Some(key.namespace().to_owned()),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(self.instance.to_string()),
            action: Some("Reconcile".to_owned()),
            reason: Some(note.reason.to_owned()),
            type_: Some(if note.warning { "Warning" } else { "Normal" }.to_owned()),
            note: Some(cut(note.message)),
            regarding: Some(about.clone()),
            ..Event::default()
        }
    }
}

/// A name that sorts by time, as `kubectl describe` shows events in the order of their names.
fn name(key: &Key, now: Timestamp) -> String {
    let (random, ..) = uuid::Uuid::new_v4().as_fields();
    format!("{}.{:016x}{random:08x}", key.name(), now.as_nanosecond())
}

async fn send_all(client: Client, receiver: mpsc::Receiver<Waiting>, metrics: Arc<Metrics>) {
    let mut limits = Limits::default();
    let allowed = unless_implied(receiver).filter(|(key, event)| {
        let verdict = limits.judge(key, event, Instant::now());
        if verdict == Verdict::TooMany {
            metrics.event_dropped();
        }
        std::future::ready(verdict == Verdict::Published)
    });
    allowed.for_each_concurrent(AT_ONCE, |(key, event)| send(&client, key, event)).await;
}

/// Keeps events back that another may make superfluous.
fn unless_implied(receiver: mpsc::Receiver<Waiting>) -> impl Stream<Item = (Key, Event)> {
    let batches = stream::unfold((receiver, Held::default()), async |(mut receiver, mut held)| {
        let received = match held.next_due() {
            Some(due) => timeout_at(due, receiver.recv()).await,
            None => Ok(receiver.recv().await),
        };
        let ready = match received {
            Ok(Some(waiting)) => held.take(waiting, Instant::now()),
            Ok(None) => Some(held.release_all()).filter(|rest| !rest.is_empty())?,
            Err(_) => held.release_due(Instant::now()),
        };
        Some((stream::iter(ready), (receiver, held)))
    });
    batches.flatten()
}

async fn send(client: &Client, key: Key, event: Event) {
    let api: Api<Event> = Api::namespaced(client.clone(), key.namespace());
    let sent =
        tokio::time::timeout(Duration::from_secs(10), api.create(&PostParams::default(), &event)).await;
    if let Ok(Err(error)) = sent {
        // The namespace may be on its way out, or the right is missing; the status says the same as the event.
        debug!(application = %key, %error, "cannot publish an event");
    }
}

/// A message that the API server takes.
fn cut(message: String) -> String {
    if message.len() <= LONGEST_MESSAGE {
        return message;
    }
    let fits = |end: &usize| *end + '…'.len_utf8() <= LONGEST_MESSAGE;
    let end = message.char_indices().map(|(start, _)| start).take_while(fits).last().unwrap_or(0);
    format!("{}…", &message[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_between_letters() {
        let long = "ä".repeat(1000);
        let cut = cut(long);
        assert!(cut.len() <= LONGEST_MESSAGE && cut.ends_with('…'));
    }

    #[test]
    fn names_sort_by_time() {
        let key = Key::new("ns", "pi");
        let at = |second| name(&key, Timestamp::from_second(second).unwrap());
        let names = [at(1_700_000_000), at(1_700_000_001), at(9_000_000_000)];
        assert!(names.is_sorted(), "{names:?}");
        assert_ne!(at(1_700_000_000), names[0], "two at a time are two");
    }

    fn waiting(key: &Key, reason: &str, implied_by: &'static [&'static str]) -> Waiting {
        let event = Event { reason: Some(reason.to_owned()), ..Event::default() };
        Waiting { key: key.clone(), event, implied_by }
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_the_next_one_implies_is_published_only_if_that_does_not_follow_soon() {
        let (sender, receiver) = mpsc::channel(10);
        let mut published =
            Box::pin(unless_implied(receiver).map(|(key, event)| (key, event.reason.unwrap())));
        let [fast, slow, failed] = ["fast", "slow", "failed"].map(|name| Key::new("ns", name));
        for key in [&fast, &slow, &failed] {
            sender.send(waiting(key, "Submitted", &["Running"])).await.unwrap();
        }
        sender.send(waiting(&fast, "Running", &[])).await.unwrap();
        sender.send(waiting(&failed, "Failed", &[])).await.unwrap();
        let mut next = async || published.next().await.unwrap();
        assert_eq!(next().await, (fast, "Running".to_owned()));
        assert_eq!(next().await, (failed.clone(), "Submitted".to_owned()));
        assert_eq!(next().await, (failed, "Failed".to_owned()));
        // Nothing else comes, so time passes.
        assert_eq!(next().await, (slow.clone(), "Submitted".to_owned()));
        sender.send(waiting(&slow, "Submitted", &["Running"])).await.unwrap();
        drop(sender);
        assert_eq!(next().await, (slow, "Submitted".to_owned()), "the last ones are not lost");
        assert_eq!(published.next().await, None);
    }
}
