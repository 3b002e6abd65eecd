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
    /// What happened since then, or since it was asked for more or less.
    news: News,
    /// What had happened before the request that is under way.
    asked: News,
    /// Until when those that have not registered are not given back.
    kept_until: Instant,
    /// When to ask for what was asked for already, if there is reason to.
    again_at: Instant,
    wait: Duration,
}

/// What the next request answers, and only that: it says nothing of what happens while it is under way.
#[derive(Clone, Copy, Debug, Default)]
struct News {
    /// Executors that have left.
    left: u32,
    /// The driver repeated itself: an executor went, or is about to.
    repeated: bool,
    /// When to ask again for one of the two.
    soon: Option<Instant>,
}

impl Plan {
    /// For a pool that has so many.
    pub(super) fn new(replicas: u32, now: Instant) -> Self {
        Self {
            target: None,
            staying: BTreeSet::new(),
            replicas,
            news: News::default(),
            asked: News::default(),
            kept_until: now + PATIENCE,
            again_at: now + FIRST_WAIT,
            wait: FIRST_WAIT,
        }
    }

    /// So many are wanted.
    pub(super) fn on_request(&mut self, total: u32, now: Instant) {
        if self.target.replace(total) == Some(total) {
            self.news.repeated = true;
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
            self.news.left += 1;
            self.soon(now);
        }
    }

    /// What to ask for now, if anything. `on_scaled` or `on_not_scaled` is to follow.
    pub(super) fn ask(&mut self, now: Instant) -> Option<u32> {
        let target = self.target?;
        let staying = u32::try_from(self.staying.len()).unwrap_or(u32::MAX);
        let kept = if now < self.kept_until { self.replicas.saturating_sub(self.news.left) } else { 0 };
        let wanted = target.max(staying).max(kept);
        let again = (self.news.repeated || staying < target) && self.again_at <= now;
        (wanted != self.replicas || again).then(|| {
            self.asked = std::mem::take(&mut self.news);
            wanted
        })
    }

    /// The pool has been given so many. Says whether it had been given another number before.
    pub(super) fn on_scaled(&mut self, replicas: u32, now: Instant) -> bool {
        let is_new = replicas != self.replicas;
        let soon = self.news.soon;
        self.wait = if is_new || soon.is_some() { FIRST_WAIT } else { (self.wait * 2).min(LONGEST_WAIT) };
        let later = now + self.wait;
        self.again_at = soon.map_or(later, |soon| soon.min(later));
        if replicas > self.replicas {
            self.kept_until = now + PATIENCE;
        }
        self.replicas = replicas;
        is_new
    }

    /// It has not, so all that happened is still to be answered.
    pub(super) fn on_not_scaled(&mut self) {
        self.news.left += self.asked.left;
        self.news.repeated |= self.asked.repeated;
    }

    fn soon(&mut self, now: Instant) {
        let soon = now + SOON;
        self.news.soon.get_or_insert(soon);
        self.again_at = self.again_at.min(soon);
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
            let asked = plan.ask(now)?;
            plan.on_scaled(asked, now);
            Some((second, asked))
        });
        asks.collect()
    }

    #[test]
    fn nothing_is_asked_for_before_the_driver_asks_or_when_the_pool_has_it() {
        let now = Instant::now();
        let mut plan = Plan::new(2, now);
        assert_eq!(plan.ask(now), None);
        plan.on_request(2, now);
        assert_eq!(plan.ask(now), None);
        plan.on_request(3, now);
        assert_eq!(plan.ask(now), Some(3));
        assert!(plan.on_scaled(3, now));
        assert_eq!(plan.ask(now), None);
    }

    #[test]
    fn only_the_latest_request_counts() {
        let now = Instant::now();
        let mut plan = Plan::new(0, now);
        plan.on_request(5, now);
        plan.on_request(8, now);
        plan.on_request(1, now);
        assert_eq!(plan.ask(now), Some(1));
    }

    #[test]
    fn the_pool_shrinks_as_executors_are_told_to_go_and_not_before() {
        let now = Instant::now();
        let mut plan = with_executors(4, now);
        plan.on_request(1, now);
        assert_eq!(plan.ask(now), None);
        plan.on_leaving(ExecutorId(2), now);
        plan.on_leaving(ExecutorId(3), now);
        assert_eq!(plan.ask(now), Some(2));
        plan.on_scaled(2, now);
        plan.on_leaving(ExecutorId(1), now);
        plan.on_leaving(ExecutorId(4), now);
        assert_eq!(plan.ask(now), Some(1));
    }

    #[test]
    fn pods_that_do_not_register_in_time_are_given_back() {
        let now = Instant::now();
        let mut plan = Plan::new(6, now);
        plan.on_request(6, now);
        plan.on_registered(ExecutorId(1));
        plan.on_registered(ExecutorId(5));
        plan.on_request(0, now);
        assert_eq!(plan.ask(now), None);
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
        assert_eq!(plan.ask(now), None);
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
            plan.ask(now).is_some_and(|asked| !plan.on_scaled(asked, now))
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
    fn an_answer_says_nothing_of_executors_that_went_while_it_was_on_its_way() {
        let now = Instant::now();
        let mut plan = with_executors(2, now);
        plan.on_request(5, now);
        assert_eq!(plan.ask(now), Some(5));
        plan.on_leaving(ExecutorId(1), now);
        plan.on_scaled(5, now);
        assert_eq!(asks(&mut plan, now)[0], (2, 5));

        let now = now + Duration::from_secs(600);
        plan.on_request(7, now);
        assert_eq!(plan.ask(now), Some(7));
        plan.on_request(0, now);
        plan.on_leaving(ExecutorId(2), now);
        plan.on_scaled(7, now);
        assert_eq!(asks(&mut plan, now), [(0, 6), (5, 0)]);
    }

    #[test]
    fn a_request_that_failed_answers_nothing() {
        let now = Instant::now();
        let mut plan = with_executors(3, now);
        plan.on_request(1, now);
        plan.on_leaving(ExecutorId(1), now);
        plan.on_leaving(ExecutorId(2), now);
        assert_eq!(plan.ask(now), Some(1));
        plan.on_leaving(ExecutorId(3), now);
        plan.on_not_scaled();
        assert_eq!(plan.ask(now), Some(1));
        plan.on_not_scaled();
        plan.on_request(0, now);
        assert_eq!(plan.ask(now), Some(0));

        let mut plan = with_executors(3, now);
        plan.on_request(3, now);
        let soon = now + SOON;
        assert_eq!(plan.ask(soon), Some(3));
        plan.on_not_scaled();
        assert_eq!(plan.ask(soon), Some(3));
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
