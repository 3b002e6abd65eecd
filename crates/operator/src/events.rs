//! Kubernetes events about applications: `kubectl describe` tells the story with them.
//!
//! Best effort, as events are everywhere: they are sent beside the work, an application has a limited number of them, and those
//! that repeat soon are left out. Kubeflow: client-go's recorder.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::debug;

use crate::application::decision::Note;
use crate::key::Key;
use crate::metrics::Metrics;

/// How many events may wait to be sent.
const WAITING: usize = 2048;
/// How many are sent at once.
const AT_ONCE: usize = 4;
/// How many an application may have at once.
const BURST: u32 = 20;
/// After that, one in this time.
const INTERVAL: Duration = Duration::from_secs(10);
/// An event that was published this short ago is not published again.
const REPEAT: Duration = Duration::from_secs(5);
/// The longest message that the API server takes.
const LONGEST_MESSAGE: usize = 1024;
/// Who says it.
const CONTROLLER: &str = "hearth.dev/operator";

/// Where events are published.
#[derive(Clone, Debug)]
pub struct Events {
    sender: mpsc::Sender<(Key, Event)>,
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
            let event = self.event(key, about, note);
            if self.sender.try_send((key.clone(), event)).is_err() {
                self.metrics.event_dropped();
            }
        }
    }

    fn event(&self, key: &Key, about: &ObjectReference, note: Note) -> Event {
        let now = Timestamp::now();
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{}.{:x}", key.name(), uuid::Uuid::new_v4().simple())),
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

async fn send_all(client: Client, mut receiver: mpsc::Receiver<(Key, Event)>, metrics: Arc<Metrics>) {
    let mut limits = Limits::default();
    let allowed = stream::poll_fn(|context| receiver.poll_recv(context)).filter(|(key, event)| {
        let is_allowed = limits.allow(key, event, Instant::now());
        if !is_allowed {
            metrics.event_dropped();
        }
        std::future::ready(is_allowed)
    });
    allowed.for_each_concurrent(AT_ONCE, |(key, event)| send(&client, key, event)).await;
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

/// What each application has had lately.
#[derive(Debug, Default)]
struct Limits {
    applications: HashMap<Key, Limit>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Limit {
    /// When all that was published is paid for.
    full_at: Instant,
    latest: Vec<(u64, Instant)>,
}

impl Limits {
    fn allow(&mut self, key: &Key, event: &Event, now: Instant) -> bool {
        self.sweep(now);
        let limit = self
            .applications
            .entry(key.clone())
            .or_insert_with(|| Limit { full_at: now, latest: Vec::new() });
        let digest = digest(event);
        limit.latest.retain(|(_, at)| now.duration_since(*at) < REPEAT);
        let is_repeated = limit.latest.iter().any(|(known, _)| *known == digest);
        let full_at = limit.full_at.max(now) + INTERVAL;
        if is_repeated || full_at.duration_since(now) > INTERVAL * BURST {
            return false;
        }
        limit.full_at = full_at;
        limit.latest.push((digest, now));
        true
    }

    /// Forgets, now and then, those that have all their permits again.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now.duration_since(swept) < REPEAT) {
            return;
        }
        self.swept = Some(now);
        self.applications.retain(|_, limit| {
            limit.full_at > now || limit.latest.iter().any(|(_, at)| now.duration_since(*at) < REPEAT)
        });
    }
}

fn digest(event: &Event) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (&event.reason, &event.note, event.regarding.as_ref().and_then(|about| about.uid.as_deref()))
        .hash(&mut hasher);
    hasher.finish()
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

    fn event(note: &str) -> Event {
        Event { note: Some(note.to_owned()), ..Event::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_has_a_burst_of_events_and_then_one_now_and_then() {
        let mut limits = Limits::default();
        let key = Key::new("ns", "pi");
        let allowed = |limits: &mut Limits| {
            (0..100).filter(|n| limits.allow(&key, &event(&n.to_string()), Instant::now())).count()
        };
        assert_eq!(allowed(&mut limits), 20);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(allowed(&mut limits), 6);
        assert!(limits.allow(&Key::new("ns", "other"), &event("0"), Instant::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_just_said_is_not_said_again() {
        let mut limits = Limits::default();
        let key = Key::new("ns", "pi");
        assert!(limits.allow(&key, &event("a"), Instant::now()));
        assert!(!limits.allow(&key, &event("a"), Instant::now()));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(limits.allow(&key, &event("a"), Instant::now()));
    }

    #[test]
    fn long_messages_are_cut_between_letters() {
        let long = "ä".repeat(1000);
        let cut = cut(long);
        assert!(cut.len() <= LONGEST_MESSAGE && cut.ends_with('…'));
    }
}
