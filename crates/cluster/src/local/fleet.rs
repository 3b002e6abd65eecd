//! Which executors there should be: decides, and starts nothing. Time is what has passed since the cluster began.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_types::ExecutorId;

/// The first wait after an executor that did not live to register; doubled with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// An executor that lived so long did start, even if nobody said so.
const SURELY_STARTED: Duration = Duration::from_secs(30);

/// The executors of an application.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    target: u32,
    next: u32,
    living: BTreeMap<ExecutorId, Living>,
    /// Executors in a row that ended before they registered.
    failures: u32,
    /// No executor is started before.
    retry_at: Option<Duration>,
    /// Too many failures: nothing is started until somebody asks again.
    gave_up: bool,
    stopping: bool,
}

#[derive(Debug)]
struct Living {
    since: Duration,
    registered: bool,
    /// It was told to go, so it does not count and its end is no failure.
    leaving: bool,
}

impl Fleet {
    /// So many are wanted.
    pub(super) fn on_request(&mut self, total: u32) {
        self.target = total;
        if self.gave_up {
            self.gave_up = false;
            self.failures = 0;
            self.retry_at = None;
        }
    }

    /// It works.
    pub(super) fn on_registered(&mut self, executor: ExecutorId) {
        if let Some(living) = self.living.get_mut(&executor) {
            living.registered = true;
            self.failures = 0;
            self.retry_at = None;
        }
    }

    /// It was told to go. Whether it is one of ours.
    pub(super) fn on_leaving(&mut self, executor: ExecutorId) -> bool {
        match self.living.get_mut(&executor) {
            Some(living) => {
                living.leaving = true;
                true
            }
            None => false,
        }
    }

    /// It has ended. Returns why nothing more is started, when that is so from now on.
    pub(super) fn on_exit(&mut self, now: Duration, executor: ExecutorId, code: i32) -> Option<String> {
        let gone = self.living.remove(&executor)?;
        let had_started = gone.registered || now.saturating_sub(gone.since) >= SURELY_STARTED;
        if gone.leaving || had_started || self.stopping {
            return None;
        }
        self.failures += 1;
        self.retry_at = Some(now + backoff(self.failures));
        if self.failures < self.most_failures() {
            return None;
        }
        self.gave_up = true;
        Some(format!(
            "{} executors in a row ended before they registered, the last one (executor {executor}) with exit code {code}; \
             its log is on standard error",
            self.failures
        ))
    }

    /// It could not even be started. Nothing more is started for now.
    pub(super) fn on_not_started(&mut self, executor: ExecutorId) {
        self.living.remove(&executor);
        self.gave_up = true;
    }

    /// The application ends. Every executor there is, and whether it has registered: only then it was told to go.
    pub(super) fn on_stop(&mut self) -> Vec<(ExecutorId, bool)> {
        self.stopping = true;
        self.living.iter().map(|(executor, living)| (*executor, living.registered)).collect()
    }

    /// Which executors to start now.
    pub(super) fn start_missing(&mut self, now: Duration) -> Vec<ExecutorId> {
        if self.stopping || self.gave_up || self.retry_at.is_some_and(|at| now < at) {
            return Vec::new();
        }
        self.retry_at = None;
        let staying = self.living.values().filter(|living| !living.leaving).count();
        let missing = self.target.saturating_sub(u32::try_from(staying).unwrap_or(u32::MAX));
        (0..missing).map(|_| self.start_one(now)).collect()
    }

    /// When to call `start_missing` again.
    pub(super) fn next_retry(&self) -> Option<Duration> {
        if self.stopping || self.gave_up { None } else { self.retry_at }
    }

    /// Whether no process is left.
    pub(super) fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    fn start_one(&mut self, now: Duration) -> ExecutorId {
        let executor = ExecutorId(self.next);
        self.next += 1;
        self.living.insert(executor, Living { since: now, registered: false, leaving: false });
        executor
    }

    fn most_failures(&self) -> u32 {
        self.target.saturating_mul(2).max(3)
    }
}

fn backoff(failures: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn ids(numbers: &[u32]) -> Vec<ExecutorId> {
        numbers.iter().copied().map(ExecutorId).collect()
    }

    fn fleet_of(total: u32) -> Fleet {
        let mut fleet = Fleet::default();
        fleet.on_request(total);
        assert_eq!(fleet.start_missing(NOW).len(), total as usize);
        fleet
    }

    #[test]
    fn as_many_are_started_as_are_missing() {
        let mut fleet = fleet_of(2);
        assert_eq!(fleet.start_missing(NOW), ids(&[]));
        fleet.on_request(5);
        assert_eq!(fleet.start_missing(NOW), ids(&[2, 3, 4]));
        fleet.on_request(1);
        assert_eq!(fleet.start_missing(NOW), ids(&[]));
    }

    #[test]
    fn one_that_worked_is_replaced_at_once_under_a_new_number() {
        let mut fleet = fleet_of(2);
        fleet.on_registered(ExecutorId(0));
        assert_eq!(fleet.on_exit(NOW, ExecutorId(0), 137), None);
        assert_eq!(fleet.start_missing(NOW), ids(&[2]));
    }

    #[test]
    fn one_that_was_asked_to_go_is_only_replaced_when_it_is_missed() {
        let mut fleet = fleet_of(3);
        fleet.on_request(2);
        assert!(fleet.on_leaving(ExecutorId(1)));
        assert_eq!(fleet.start_missing(NOW), ids(&[]));
        fleet.on_exit(NOW, ExecutorId(1), 0);
        assert_eq!(fleet.start_missing(NOW), ids(&[]));
        assert!(fleet.on_leaving(ExecutorId(2)));
        assert_eq!(fleet.start_missing(NOW), ids(&[3]));
        assert!(!fleet.on_leaving(ExecutorId(77)));
    }

    #[test]
    fn failures_to_start_wait_longer_each_time_and_end_in_giving_up() {
        let mut fleet = fleet_of(1);
        let mut now = NOW;
        for (executor, wait) in [(0, 100), (1, 200)] {
            assert_eq!(fleet.on_exit(now, ExecutorId(executor), 1), None);
            assert_eq!(fleet.start_missing(now), ids(&[]));
            assert_eq!(fleet.next_retry(), Some(now + Duration::from_millis(wait)));
            now += Duration::from_millis(wait);
            assert_eq!(fleet.start_missing(now).len(), 1);
        }
        let reason = fleet.on_exit(now, ExecutorId(2), 3).unwrap();
        assert!(reason.contains("3 executors in a row") && reason.contains("exit code 3"), "{reason}");
        assert_eq!((fleet.start_missing(now + NOW), fleet.next_retry()), (ids(&[]), None));
        fleet.on_request(1);
        assert_eq!(fleet.start_missing(now).len(), 1);
    }

    #[test]
    fn a_registration_ends_a_row_of_failures() {
        let mut fleet = fleet_of(2);
        fleet.on_exit(NOW, ExecutorId(0), 1);
        fleet.on_registered(ExecutorId(1));
        assert_eq!(fleet.next_retry(), None);
        assert_eq!(fleet.start_missing(NOW), ids(&[2]));
    }

    #[test]
    fn nothing_is_started_once_the_end_has_begun() {
        let mut fleet = fleet_of(1);
        fleet.on_stop();
        assert_eq!(fleet.on_exit(NOW, ExecutorId(0), 1), None);
        assert_eq!(fleet.start_missing(NOW), ids(&[]));
        assert!(fleet.is_empty());
    }

    #[test]
    fn at_the_end_those_are_known_that_nobody_could_tell_to_go() {
        let mut fleet = fleet_of(2);
        fleet.on_registered(ExecutorId(1));
        assert_eq!(fleet.on_stop(), [(ExecutorId(0), false), (ExecutorId(1), true)]);
    }
}
