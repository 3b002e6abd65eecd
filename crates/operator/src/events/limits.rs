//! How many events an application may have, and how often the same one.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::events::v1::Event;
use tokio::time::Instant;

use crate::application::decision::WAITING;
use crate::key::Key;

/// How many an application may have at once.
const BURST: u32 = 20;
/// After that, one in this time.
const INTERVAL: Duration = Duration::from_secs(10);
/// An event that was published this short ago is not published again.
const REPEAT: Duration = Duration::from_secs(5);
/// The same for what is said again and again as long as it is so; before those who ask what is going on find it too old.
const REPEAT_WAITING: Duration = Duration::from_secs(300);

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
    /// Digests of events that are not published again, and until when.
    latest: Vec<(u64, Instant)>,
}

/// Whether an event is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Published,
    /// It was said a moment ago.
    Repeated,
    TooMany,
}

impl Limits {
    pub(super) fn judge(&mut self, key: &Key, event: &Event, now: Instant) -> Verdict {
        self.sweep(now);
        let limit = self
            .applications
            .entry(key.clone())
            .or_insert_with(|| Limit { full_at: now, latest: Vec::new() });
        let digest = digest(event);
        limit.latest.retain(|(_, until)| *until > now);
        if limit.latest.iter().any(|(known, _)| *known == digest) {
            return Verdict::Repeated;
        }
        let full_at = limit.full_at.max(now) + INTERVAL;
        if full_at.duration_since(now) > INTERVAL * BURST {
            return Verdict::TooMany;
        }
        limit.full_at = full_at;
        let is_waiting = event.reason.as_deref() == Some(WAITING);
        limit.latest.push((digest, now + if is_waiting { REPEAT_WAITING } else { REPEAT }));
        Verdict::Published
    }

    /// Forgets, now and then, those that have all their permits again.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_some_and(|swept| now.duration_since(swept) < REPEAT) {
            return;
        }
        self.swept = Some(now);
        self.applications
            .retain(|_, limit| limit.full_at > now || limit.latest.iter().any(|(_, until)| *until > now));
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
    use super::Verdict::{Published, Repeated};
    use super::*;

    fn event(note: &str) -> Event {
        Event { note: Some(note.to_owned()), ..Event::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_has_a_burst_of_events_and_then_one_now_and_then() {
        let mut limits = Limits::default();
        let key = Key::new("ns", "pi");
        let allowed = |limits: &mut Limits| {
            let mut allows =
                |n: &i32| limits.judge(&key, &event(&n.to_string()), Instant::now()) == Published;
            (0..100).filter(|n| allows(n)).count()
        };
        assert_eq!(allowed(&mut limits), 20);
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!(allowed(&mut limits), 6);
        assert_eq!(limits.judge(&Key::new("ns", "other"), &event("0"), Instant::now()), Published);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_just_said_is_not_said_again() {
        let mut limits = Limits::default();
        let key = Key::new("ns", "pi");
        let (said, waiting) = (event("a"), Event { reason: Some(WAITING.to_owned()), ..event("a") });
        let mut judge = |event| limits.judge(&key, event, Instant::now());
        assert_eq!((judge(&said), judge(&waiting)), (Published, Published));
        assert_eq!((judge(&said), judge(&waiting)), (Repeated, Repeated));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!((judge(&said), judge(&waiting)), (Published, Repeated));
        tokio::time::advance(REPEAT_WAITING).await;
        assert_eq!(judge(&waiting), Published);
    }
}
