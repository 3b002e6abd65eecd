//! Dynamic allocation: executors come with the backlog, 1, 2, 4, …, and go when idle.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearth_types::{ExecutorId, Timestamp};

use super::Load;
use crate::AllocationConf;
use crate::dag::DagScheduler;
use crate::tasks::TaskScheduler;

/// The least time between two looks. Spark: the interval of its loop.
const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Dynamic {
    conf: AllocationConf,
    /// No change of target until the first stage is submitted or the first executor was idle for too long.
    initializing: bool,
    to_add: u32,
    /// When a backlog that lasts lets us add; `None` without a backlog.
    add_time: Option<Timestamp>,
    last_look: Option<Timestamp>,
    idle: BTreeMap<ExecutorId, Idle>,
    deadlines: BTreeSet<(Timestamp, ExecutorId)>,
    touched: Vec<ExecutorId>,
    touched_all: bool,
}

#[derive(Clone, Copy, Debug)]
struct Idle {
    since: Timestamp,
    /// `None` is never.
    deadline: Option<Timestamp>,
    /// It holds outputs of a shuffle that an active job may read.
    active_shuffle: bool,
}

impl Dynamic {
    pub(super) fn new(conf: AllocationConf) -> Self {
        Self {
            conf,
            initializing: true,
            to_add: 1,
            add_time: None,
            last_look: None,
            idle: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            touched: Vec::new(),
            touched_all: false,
        }
    }

    /// What is `None` stays. The greatest number wins over the least.
    pub(super) fn set_bounds(&mut self, min: Option<u32>, max: Option<u32>) {
        self.conf.max = max.unwrap_or(self.conf.max);
        self.conf.min = min.unwrap_or(self.conf.min).min(self.conf.max);
    }

    /// The target within the bounds: outside it is only when they have just changed.
    pub(super) fn bounded(&self, target: u32) -> u32 {
        target.min(self.conf.max).max(self.conf.min)
    }

    pub(super) fn touch(&mut self, executor: ExecutorId) {
        self.touched.push(executor);
    }

    pub(super) fn touch_all(&mut self) {
        self.touched_all = true;
    }

    /// Jobs or stages came or went: shuffles may have become active or inactive.
    pub(super) fn on_dag_changed(&mut self, dag: &DagScheduler) {
        self.touched_all = true;
        if dag.has_submitted_stages() {
            self.initializing = false;
        }
    }

    /// Executors needed for all tasks at once.
    fn need(&self, load: &Load) -> u32 {
        let tasks = (load.pending + load.running) as f64;
        (tasks * self.conf.ratio / f64::from(self.conf.slots.max(1))).ceil() as u32
    }

    /// The target if executors were added now.
    fn grown(&self, target: u32, load: &Load) -> u32 {
        self.bounded(target.max(load.executors).saturating_add(self.to_add).min(self.need(load)))
    }

    /// The first executor that was idle for too long ends the beginning.
    pub(super) fn check_initialized(&mut self, now: Timestamp) {
        if self.deadlines.first().is_some_and(|(at, _)| *at <= now) {
            self.initializing = false;
        }
    }

    /// Updates the backlog, and the target if it is time to look.
    pub(super) fn new_target(&mut self, now: Timestamp, target: u32, load: &Load) -> Option<u32> {
        if load.pending == 0 {
            self.add_time = None;
            self.to_add = 1;
        } else {
            self.add_time.get_or_insert(now + self.conf.backlog_timeout);
        }
        if self.next_look(target, load).is_none_or(|at| at > now) {
            return None;
        }
        self.last_look = Some(now);
        let need = self.need(load);
        if need < target {
            self.to_add = 1;
            return Some(need.max(self.conf.min)).filter(|new| *new < target);
        }
        let new = self.grown(target, load);
        if new <= target {
            self.to_add = 1;
            return None;
        }
        self.to_add = if new - target == self.to_add { self.to_add.saturating_mul(2) } else { 1 };
        self.add_time = Some(now + self.conf.sustained_backlog_timeout);
        Some(new)
    }

    /// When a look would change the target.
    fn next_look(&self, target: u32, load: &Load) -> Option<Timestamp> {
        if self.initializing {
            return None;
        }
        let when = if self.need(load) < target {
            (self.need(load).max(self.conf.min) < target).then_some(Timestamp::default())
        } else {
            self.add_time.filter(|_| target < self.conf.max && self.grown(target, load) > target)
        };
        let earliest = self.last_look.map_or_else(Timestamp::default, |last| last + INTERVAL);
        when.map(|at| at.max(earliest))
    }

    /// Notes which executors became idle or busy, and until when they may stay idle.
    pub(super) fn note_idle(&mut self, now: Timestamp, tasks: &mut TaskScheduler, dag: &DagScheduler) {
        let mut touched = tasks.executors_mut().take_touched();
        touched.append(&mut self.touched);
        if std::mem::take(&mut self.touched_all) {
            touched.extend(tasks.executors().ids());
        }
        for executor in touched {
            let before = self.forget(executor);
            let Some(data) = tasks.executors().get(executor) else { continue };
            if data.used > 0 || data.removing {
                continue;
            }
            let mut shuffles = dag.map_outputs.shuffles_on(executor).peekable();
            let has_shuffle = self.conf.shuffle_tracking && shuffles.peek().is_some();
            let active_shuffle = has_shuffle && shuffles.any(|shuffle| dag.needs_shuffle(shuffle));
            // The clock starts again when the last active shuffle on it becomes inactive.
            let since = match before {
                Some(idle) if idle.active_shuffle && !active_shuffle => now,
                Some(idle) => idle.since,
                None => now,
            };
            let mut timeout = Some(self.conf.idle_timeout);
            if dag.cache.holds_any(executor) {
                timeout = longer(timeout, self.conf.cached_idle_timeout);
            }
            if has_shuffle {
                timeout = longer(timeout, self.conf.shuffle_timeout);
            }
            let deadline = timeout.filter(|_| !active_shuffle).map(|timeout| since + timeout);
            if let Some(at) = deadline {
                self.deadlines.insert((at, executor));
            }
            self.idle.insert(executor, Idle { since, deadline, active_shuffle });
        }
    }

    fn forget(&mut self, executor: ExecutorId) -> Option<Idle> {
        let idle = self.idle.remove(&executor)?;
        if let Some(at) = idle.deadline {
            self.deadlines.remove(&(at, executor));
        }
        Some(idle)
    }

    /// Executors that were idle for too long and are not needed for the target, longest idle first; and while there are
    /// more than there may be, others that are idle.
    pub(super) fn expired(&mut self, now: Timestamp, target: u32, load: &Load) -> Vec<ExecutorId> {
        let spare = load.executors.saturating_sub(self.conf.min.max(target));
        let expired = self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, executor)| *executor);
        let mut going: Vec<_> = expired.take(spare as usize).collect();
        let excess = (load.executors.saturating_sub(self.conf.max) as usize).saturating_sub(going.len());
        if excess > 0 {
            going.extend(self.least_missed(&going).into_iter().take(excess));
        }
        for executor in &going {
            self.forget(*executor);
        }
        going
    }

    /// Other idle executors whose shuffle outputs no active job reads: first those that would go anyway, longest idle first.
    fn least_missed(&self, going: &[ExecutorId]) -> Vec<ExecutorId> {
        let others =
            self.idle.iter().filter(|(executor, idle)| !idle.active_shuffle && !going.contains(executor));
        let mut order: Vec<_> =
            others.map(|(executor, idle)| (idle.deadline.is_none(), idle.since, *executor)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, executor)| executor).collect()
    }

    /// When to look again if nothing happens.
    pub(super) fn next_timeout(&self, target: u32, load: &Load) -> Option<Timestamp> {
        let may_shrink = self.initializing || load.executors > self.conf.min.max(target);
        let idle = self.deadlines.first().filter(|_| may_shrink).map(|(at, _)| *at);
        [self.next_look(target, load), idle].into_iter().flatten().min()
    }
}

/// The longer of two timeouts, where `None` is never.
fn longer(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    Some(a?.max(b?))
}
