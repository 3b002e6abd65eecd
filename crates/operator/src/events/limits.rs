//! How many events an application may have, and how often the same one.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::events::v1::Event;
use tokio::time::Instant;

use crate::key::Key;

/// How many an application may have at once.
const BURST: u32 = 20;
/// After that, one in this time.
const INTERVAL: Duration = Duration::from_secs(10);
/// An event that was published this short ago is not published again.
const REPEAT: Duration = Duration::from_secs(5);

/// What each application has had lately.
#[derive(Debug, Default)]
pub(super) struct Limits {
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
    pub(super) fn allow(&mut self, key: &Key, event: &Event, now: Instant) -> bool {
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
}
