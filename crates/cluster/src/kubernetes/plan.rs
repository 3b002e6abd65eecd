//! How large the pool should be: decides, and asks nobody. Spark: the arithmetic of `ExecutorPodsAllocator`.
//!
//! The driver chooses which executors go, and the operator how a smaller pool becomes so. So the pool is never smaller
//! than the number of executors that work and were not told to go: a target that falls is not followed until they were.
//! Nor are executors given back at once that were just asked for: a target that falls with every task that ends would have
//! pods made and deleted, and some would work for a moment while others are let go in their favour.
//!
//! Others may scale the pool too, and the driver is not told. Whoever makes it larger lends executors, which go when they
//! are idle. Whoever makes it smaller takes away what the driver wants: it asks again soon after one of its executors
//! went, and now and then while fewer are there than it wants. If the pool has that number, asking again changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth_types::ExecutorId;
use tokio::time::Instant;

/// The pool is asked for again no sooner than this after an executor went that was wanted, so a hundred that go together
/// cost one request.
const SOON: Duration = Duration::from_secs(2);
/// How long executors may take to come before the pool is asked for again; doubled each time that changes nothing.
const FIRST_WAIT: Duration = Duration::from_secs(8);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long executors that were asked for may take to come before they are given back. Spark: their idle timeout.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the pool is to be, and what it is.
#[derive(Debug)]
pub(super) struct Plan {
    /// What the driver asked for last; nothing yet.
    target: Option<u32>,
    /// Executors that have registered, and neither ended nor were told to go.
    staying: BTreeSet<ExecutorId>,
    /// What the pool was last given.
    replicas: u32,
    /// Executors that have left since then.
    left: u32,
    /// Until when those that have not registered are not given back.
    kept_until: Instant,
    /// The driver repeated itself: an executor went, or is about to.
    repeated: bool,
    /// When to ask for what was asked for already, if there is reason to.
    again_at: Instant,
    wait: Duration,
}

impl Plan {
    /// For a pool that has so many.
    pub(super) fn new(replicas: u32, now: Instant) -> Self {
        Self {
            target: None,
            staying: BTreeSet::new(),
            replicas,
            left: 0,
            kept_until: now + PATIENCE,
            repeated: false,
            again_at: now + FIRST_WAIT,
            wait: FIRST_WAIT,
        }
    }

    /// So many are wanted.
    pub(super) fn on_request(&mut self, total: u32, now: Instant) {
        if self.target.replace(total) == Some(total) {
            self.repeated = true;
            self.soon(now);
        }
    }

    /// It works.
    pub(super) fn on_registered(&mut self, executor: ExecutorId) {
        self.staying.insert(executor);
    }

    /// It has ended, or was told to go.
    pub(super) fn on_leaving(&mut self, executor: ExecutorId, now: Instant) {
        if self.staying.remove(&executor) {
            self.left += 1;
            self.soon(now);
        }
    }

    /// The pool has been given so many. Says whether it had been given another number before.
    pub(super) fn on_scaled(&mut self, replicas: u32, now: Instant) -> bool {
        let is_new = replicas != self.replicas;
        self.wait = if is_new { FIRST_WAIT } else { (self.wait * 2).min(LONGEST_WAIT) };
        self.again_at = now + self.wait;
        if replicas > self.replicas {
            self.kept_until = now + PATIENCE;
        }
        self.replicas = replicas;
        self.left = 0;
        self.repeated = false;
        is_new
    }

    /// What to ask for now, if anything.
    pub(super) fn to_ask(&self, now: Instant) -> Option<u32> {
        let target = self.target?;
        let staying = u32::try_from(self.staying.len()).unwrap_or(u32::MAX);
        let kept = if now < self.kept_until { self.replicas.saturating_sub(self.left) } else { 0 };
        let wanted = target.max(staying).max(kept);
        let again = (self.repeated || staying < target) && self.again_at <= now;
        (wanted != self.replicas || again).then_some(wanted)
    }

    fn soon(&mut self, now: Instant) {
        self.again_at = self.again_at.min(now + SOON);
        self.wait = FIRST_WAIT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_executors(replicas: u32, now: Instant) -> Plan {
        let mut plan = Plan::new(replicas, now);
        plan.on_request(replicas, now);
        (1..=replicas).for_each(|executor| plan.on_registered(ExecutorId(executor)));
        plan
    }

    /// When the plan asks within ten minutes of `now`, to the second, and for how many; each time it is given them.
    fn asks(plan: &mut Plan, now: Instant) -> Vec<(u64, u32)> {
        let asks = (0..600).filter_map(|second| {
            let now = now + Duration::from_secs(second);
            let asked = plan.to_ask(now)?;
            plan.on_scaled(asked, now);
            Some((second, asked))
        });
        asks.collect()
    }

    #[test]
    fn nothing_is_asked_for_before_the_driver_asks_or_when_the_pool_has_it() {
        let now = Instant::now();
        let mut plan = Plan::new(2, now);
        assert_eq!(plan.to_ask(now), None);
        plan.on_request(2, now);
        assert_eq!(plan.to_ask(now), None);
        plan.on_request(3, now);
        assert_eq!(plan.to_ask(now), Some(3));
        assert!(plan.on_scaled(3, now));
        assert_eq!(plan.to_ask(now), None);
    }

    #[test]
    fn only_the_latest_request_counts() {
        let now = Instant::now();
        let mut plan = Plan::new(0, now);
        plan.on_request(5, now);
        plan.on_request(8, now);
        plan.on_request(1, now);
        assert_eq!(plan.to_ask(now), Some(1));
    }

    #[test]
    fn the_pool_shrinks_as_executors_are_told_to_go_and_not_before() {
        let now = Instant::now();
        let mut plan = with_executors(4, now);
        plan.on_request(1, now);
        assert_eq!(plan.to_ask(now), None);
        plan.on_leaving(ExecutorId(2), now);
        plan.on_leaving(ExecutorId(3), now);
        assert_eq!(plan.to_ask(now), Some(2));
        plan.on_scaled(2, now);
        plan.on_leaving(ExecutorId(1), now);
        plan.on_leaving(ExecutorId(4), now);
        assert_eq!(plan.to_ask(now), Some(1));
    }

    #[test]
    fn pods_that_do_not_register_in_time_are_given_back() {
        let now = Instant::now();
        let mut plan = Plan::new(6, now);
        plan.on_request(6, now);
        plan.on_registered(ExecutorId(1));
        plan.on_registered(ExecutorId(5));
        plan.on_request(0, now);
        assert_eq!(plan.to_ask(now), None);
        // One that is told to go is not made again meanwhile.
        plan.on_leaving(ExecutorId(1), now);
        assert_eq!(asks(&mut plan, now), [(0, 5), (5, 1)]);
    }

    #[test]
    fn a_pool_that_somebody_emptied_is_asked_for_again_once_soon_and_then_ever_more_seldom() {
        let now = Instant::now();
        let mut plan = with_executors(4, now);
        assert_eq!(asks(&mut plan, now), []);
        let now = now + Duration::from_secs(600);
        (1..=4).for_each(|executor| plan.on_leaving(ExecutorId(executor), now));
        let times: Vec<u64> = asks(&mut plan, now).into_iter().map(|(second, _)| second).collect();
        assert_eq!(times[..6], [0, 16, 48, 108, 168, 228]);
        // They come, and the pool is emptied again.
        let now = now + Duration::from_secs(600);
        (5..=8).for_each(|executor| plan.on_registered(ExecutorId(executor)));
        assert_eq!(plan.to_ask(now), None);
        plan.on_leaving(ExecutorId(5), now);
        plan.on_leaving(ExecutorId(6), now);
        assert_eq!(asks(&mut plan, now)[0], (2, 4));
    }

    #[test]
    fn executors_that_go_one_after_another_cost_no_more_than_a_request_in_two_seconds() {
        let now = Instant::now();
        let mut plan = with_executors(100, now);
        let asked = (0..100u32).filter(|tenth| {
            let now = now + Duration::from_millis(100) * *tenth;
            plan.on_leaving(ExecutorId(tenth + 1), now);
            plan.to_ask(now).is_some_and(|asked| !plan.on_scaled(asked, now))
        });
        assert_eq!(asked.count(), 4);
    }

    #[test]
    fn a_driver_that_repeats_itself_is_heard_though_its_executors_are_still_there() {
        let now = Instant::now();
        let mut plan = with_executors(3, now);
        plan.on_request(3, now);
        assert_eq!(asks(&mut plan, now), [(2, 3)]);
    }

    #[test]
    fn an_idle_driver_leaves_a_pool_alone_that_somebody_scaled() {
        let now = Instant::now();
        let mut plan = with_executors(2, now);
        plan.on_request(0, now);
        plan.on_leaving(ExecutorId(1), now);
        plan.on_leaving(ExecutorId(2), now);
        assert_eq!(asks(&mut plan, now), [(0, 0)]);
        // What was lent is noticed, and given back when it was idle.
        plan.on_registered(ExecutorId(3));
        assert_eq!(asks(&mut plan, now), [(0, 1)]);
        plan.on_leaving(ExecutorId(3), now);
        assert_eq!(asks(&mut plan, now), [(0, 0)]);
    }
}
