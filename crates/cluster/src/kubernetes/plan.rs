//! How large the pool should be: decides, and asks nobody. Spark: the arithmetic of `ExecutorPodsAllocator`.
//!
//! The driver chooses which executors go, and the operator how a smaller pool becomes so. So the pool is never smaller
//! than the number of executors that work and were not told to go: a target that falls is not followed until they were.

use std::collections::BTreeSet;

use hearth_types::ExecutorId;

/// What the pool is to be, and what it is.
#[derive(Debug)]
pub(super) struct Plan {
    /// What the driver asked for last; nothing yet.
    target: Option<u32>,
    /// Executors that have registered, and neither ended nor were told to go.
    staying: BTreeSet<ExecutorId>,
    /// What the pool has, as far as is known.
    replicas: u32,
}

impl Plan {
    /// For a pool that has so many.
    pub(super) fn new(replicas: u32) -> Self {
        Self { target: None, staying: BTreeSet::new(), replicas }
    }

    /// So many are wanted.
    pub(super) fn on_request(&mut self, total: u32) {
        self.target = Some(total);
    }

    /// It works.
    pub(super) fn on_registered(&mut self, executor: ExecutorId) {
        self.staying.insert(executor);
    }

    /// It has ended, or was told to go.
    pub(super) fn on_leaving(&mut self, executor: ExecutorId) {
        self.staying.remove(&executor);
    }

    /// The pool has been given so many.
    pub(super) fn on_scaled(&mut self, replicas: u32) {
        self.replicas = replicas;
    }

    /// What to ask for now, if anything.
    pub(super) fn to_ask(&self) -> Option<u32> {
        let staying = u32::try_from(self.staying.len()).unwrap_or(u32::MAX);
        self.target.map(|target| target.max(staying)).filter(|wanted| *wanted != self.replicas)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_executors(replicas: u32) -> Plan {
        let mut plan = Plan::new(replicas);
        plan.on_request(replicas);
        (1..=replicas).for_each(|executor| plan.on_registered(ExecutorId(executor)));
        plan
    }

    #[test]
    fn nothing_is_asked_for_before_the_driver_asks_or_when_the_pool_has_it() {
        let mut plan = Plan::new(2);
        assert_eq!(plan.to_ask(), None);
        plan.on_request(2);
        assert_eq!(plan.to_ask(), None);
        plan.on_request(3);
        assert_eq!(plan.to_ask(), Some(3));
        plan.on_scaled(3);
        assert_eq!(plan.to_ask(), None);
    }

    #[test]
    fn only_the_latest_request_counts() {
        let mut plan = Plan::new(0);
        plan.on_request(5);
        plan.on_request(8);
        plan.on_request(1);
        assert_eq!(plan.to_ask(), Some(1));
    }

    #[test]
    fn the_pool_shrinks_as_executors_are_told_to_go_and_not_before() {
        let mut plan = with_executors(4);
        plan.on_request(1);
        assert_eq!(plan.to_ask(), None);
        plan.on_leaving(ExecutorId(2));
        plan.on_leaving(ExecutorId(3));
        assert_eq!(plan.to_ask(), Some(2));
        plan.on_scaled(2);
        plan.on_leaving(ExecutorId(1));
        plan.on_leaving(ExecutorId(4));
        assert_eq!(plan.to_ask(), Some(1));
    }

    #[test]
    fn pods_that_have_not_registered_are_given_back_at_once() {
        let mut plan = Plan::new(6);
        plan.on_request(6);
        plan.on_registered(ExecutorId(1));
        plan.on_registered(ExecutorId(5));
        plan.on_request(0);
        assert_eq!(plan.to_ask(), Some(2));
    }

    #[test]
    fn one_that_died_is_still_wanted() {
        let mut plan = with_executors(3);
        plan.on_leaving(ExecutorId(3));
        assert_eq!(plan.to_ask(), None);
    }
}
