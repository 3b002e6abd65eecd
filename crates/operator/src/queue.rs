//! The applications that wait for their turn.
//!
//! Each is in it at most once, whatever happens to it meanwhile, so that one with ten thousand executors takes no more turns than
//! one with two. An application that is being worked on waits until that is done; no two workers ever have the same one.
//! client-go: `workqueue`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::key::Key;

/// The first wait after a failure; doubled each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// The longest wait after failures.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// The queue.
#[derive(Debug, Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    ready: VecDeque<Key>,
    delayed: BinaryHeap<Reverse<(Instant, u64)>>,
    /// What `delayed` refers to: an application has at most one valid date, the earliest.
    dates: HashMap<u64, Key>,
    states: HashMap<Key, State>,
    next_date: u64,
    is_closed: bool,
    /// How many applications are being worked on.
    working: usize,
    /// When work was last done, or began to wait for somebody who does it.
    moved: Option<Instant>,
}

/// What is known about one application.
#[derive(Debug, Default)]
struct State {
    turn: Turn,
    failures: u32,
    date: Option<(Instant, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Idle,
    Waiting,
    Working,
    /// Something happened while it was being worked on.
    WorkingAndChanged,
}

/// How work on an application ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do until something happens.
    Done,
    /// To be looked at again, at once.
    Again,
    /// To be looked at after a while.
    After(Duration),
    /// To be tried again, later each time.
    Failed,
}

impl Queue {
    /// Something happened to an application.
    pub fn push(&self, key: &Key) {
        if self.inner.lock().push(key) {
            self.changed.notify_one();
        }
    }

    /// Waits for the next application. `None` after the queue was closed.
    pub async fn next(&self) -> Option<Key> {
        loop {
            let until = {
                let mut inner = self.inner.lock();
                if inner.is_closed {
                    return None;
                }
                inner.mature(Instant::now());
                if let Some(key) = inner.take() {
                    if !inner.ready.is_empty() {
                        self.changed.notify_one();
                    }
                    return Some(key);
                }
                inner.delayed.peek().map(|Reverse((at, _))| *at)
            };
            match until {
                Some(at) => {
                    // Whichever comes first; both are looked at again above.
                    drop(tokio::time::timeout_at(at, self.changed.notified()).await);
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// The work on an application that [`Self::next`] gave is over.
    pub fn finish(&self, key: &Key, outcome: Outcome) {
        self.inner.lock().finish(key, outcome, Instant::now());
        // Even a date in the future must be seen by whoever sleeps.
        self.changed.notify_one();
    }

    /// How many wait for their turn now.
    pub fn depth(&self) -> usize {
        self.inner.lock().ready.len()
    }

    /// For how long no work was done, although some is waiting or being done.
    pub fn stalled_for(&self) -> Option<Duration> {
        let inner = self.inner.lock();
        inner.moved.filter(|_| !inner.is_idle()).map(|moved| moved.elapsed())
    }

    /// No application is given out any more.
    pub fn close(&self) {
        self.inner.lock().is_closed = true;
        self.changed.notify_waiters();
        // For one that is about to wait.
        self.changed.notify_one();
    }

    /// Whether the queue was closed.
    pub fn is_closed(&self) -> bool {
        self.inner.lock().is_closed
    }
}

impl Inner {
    /// Whether nobody works and nothing waits for its turn.
    fn is_idle(&self) -> bool {
        self.working == 0 && self.ready.is_empty()
    }

    /// Whether the application now waits and did not before.
    fn push(&mut self, key: &Key) -> bool {
        let was_idle = self.is_idle();
        let state = match self.states.get_mut(key) {
            Some(state) => state,
            None => self.states.entry(key.clone()).or_default(),
        };
        match state.turn {
            Turn::Idle => {
                state.turn = Turn::Waiting;
                self.ready.push_back(key.clone());
                if was_idle {
                    self.moved = Some(Instant::now());
                }
                true
            }
            Turn::Working => {
                state.turn = Turn::WorkingAndChanged;
                false
            }
            Turn::Waiting | Turn::WorkingAndChanged => false,
        }
    }

    fn take(&mut self) -> Option<Key> {
        let key = self.ready.pop_front()?;
        self.working += 1;
        if let Some(state) = self.states.get_mut(&key) {
            state.turn = Turn::Working;
            if let Some((_, number)) = state.date.take() {
                self.dates.remove(&number);
            }
        }
        Some(key)
    }

    /// Moves what is due from the dates to those that wait.
    fn mature(&mut self, now: Instant) {
        while let Some(Reverse((at, number))) = self.delayed.peek().copied() {
            if at > now {
                break;
            }
            self.delayed.pop();
            if let Some(key) = self.dates.remove(&number) {
                if let Some(state) = self.states.get_mut(&key) {
                    state.date = None;
                }
                self.push(&key);
            }
        }
    }

    fn finish(&mut self, key: &Key, outcome: Outcome, now: Instant) {
        self.working = self.working.saturating_sub(1);
        self.moved = Some(now);
        let Some(state) = self.states.get_mut(key) else { return };
        let was_changed = state.turn == Turn::WorkingAndChanged;
        state.turn = Turn::Idle;
        state.failures = if outcome == Outcome::Failed { state.failures.saturating_add(1) } else { 0 };
        let failures = state.failures;
        match outcome {
            Outcome::Failed => self.date(key, now + backoff(failures)),
            _ if was_changed => drop(self.push(key)),
            Outcome::Again => drop(self.push(key)),
            Outcome::After(wait) => self.date(key, now + wait),
            Outcome::Done => {
                self.states.remove(key);
            }
        }
    }

    fn date(&mut self, key: &Key, at: Instant) {
        let Some(state) = self.states.get_mut(key) else { return };
        if let Some((_, number)) = state.date.take() {
            self.dates.remove(&number);
        }
        let number = self.next_date;
        self.next_date += 1;
        state.date = Some((at, number));
        self.dates.insert(number, key.clone());
        self.delayed.push(Reverse((at, number)));
    }
}

fn backoff(failures: u32) -> Duration {
    let factor = 2u32.saturating_pow(failures.saturating_sub(1).min(16));
    FIRST_BACKOFF.saturating_mul(factor).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::new("ns", name)
    }

    async fn next(queue: &Queue) -> Option<String> {
        let next = tokio::time::timeout(Duration::from_secs(3600), queue.next()).await;
        next.ok().flatten().map(|key| key.name().to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn each_application_waits_at_most_once_and_in_order() {
        let queue = Queue::default();
        for name in ["a", "b", "a", "a", "c"] {
            queue.push(&key(name));
        }
        assert_eq!(queue.depth(), 3);
        for name in ["a", "b", "c"] {
            assert_eq!(next(&queue).await.as_deref(), Some(name));
        }
        assert_eq!(queue.depth(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_that_changes_while_it_is_worked_on_has_another_turn_afterwards() {
        let queue = Queue::default();
        queue.push(&key("a"));
        next(&queue).await;
        queue.push(&key("a"));
        queue.push(&key("b"));
        assert_eq!(queue.depth(), 1);
        queue.finish(&key("a"), Outcome::Done);
        assert_eq!(next(&queue).await.as_deref(), Some("b"));
        assert_eq!(next(&queue).await.as_deref(), Some("a"));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_each_time_and_a_success_ends_that() {
        let queue = Queue::default();
        let start = Instant::now();
        queue.push(&key("a"));
        for expected in [0, 200, 600, 1400] {
            next(&queue).await;
            assert_eq!(start.elapsed().as_millis(), expected);
            queue.finish(&key("a"), Outcome::Failed);
        }
        next(&queue).await;
        queue.finish(&key("a"), Outcome::After(Duration::from_secs(1)));
        next(&queue).await;
        let again = Instant::now();
        queue.finish(&key("a"), Outcome::Failed);
        next(&queue).await;
        assert_eq!(again.elapsed(), FIRST_BACKOFF);
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_before_a_date_counts_at_once_and_the_date_is_forgotten() {
        let queue = Queue::default();
        queue.push(&key("a"));
        next(&queue).await;
        queue.finish(&key("a"), Outcome::After(Duration::from_secs(60)));
        queue.push(&key("a"));
        let start = Instant::now();
        assert_eq!(next(&queue).await.as_deref(), Some("a"));
        assert_eq!(start.elapsed(), Duration::ZERO);
        queue.finish(&key("a"), Outcome::Done);
        assert_eq!(next(&queue).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_nobody_does_or_that_does_not_end_is_stalled() {
        let minute = Duration::from_secs(60);
        let queue = Queue::default();
        tokio::time::advance(minute).await;
        assert_eq!(queue.stalled_for(), None);
        queue.push(&key("a"));
        tokio::time::advance(minute).await;
        assert_eq!(queue.stalled_for(), Some(minute), "nobody takes it");
        next(&queue).await;
        queue.push(&key("b"));
        next(&queue).await;
        tokio::time::advance(minute).await;
        assert_eq!(queue.stalled_for(), Some(2 * minute), "both hang");
        queue.finish(&key("b"), Outcome::After(minute));
        assert_eq!(queue.stalled_for(), Some(Duration::ZERO), "others get on");
        queue.finish(&key("a"), Outcome::Done);
        tokio::time::advance(minute / 2).await;
        assert_eq!(queue.stalled_for(), None, "what has a date waits for nobody");
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_gives_nothing_out() {
        let queue = Queue::default();
        queue.push(&key("a"));
        queue.close();
        assert_eq!(next(&queue).await, None);
    }
}
