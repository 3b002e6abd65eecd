//! Delay scheduling: how long a task set insists on good places. Spark: the locality part of `TaskSetManager`, with the
//! timer semantics of Spark 3.1 and later.

use std::time::Duration;

use hearth_types::{TaskLocality, Timestamp};

use super::pending::PendingTasks;
use super::task_set::TaskState;

/// How long to wait at each level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalityWaits {
    pub(crate) process: Duration,
    pub(crate) node: Duration,
}

/// Where a task set stands on its way from the best places to any place.
#[derive(Debug)]
pub(crate) struct DelayScheduling {
    levels: Vec<TaskLocality>,
    at: usize,
    last_reset: Timestamp,
    waits: LocalityWaits,
    /// Whether no offer was refused for the sake of locality since the timer was last reset.
    pub(crate) no_rejects_since_reset: bool,
}

impl DelayScheduling {
    /// Begins at the best level.
    pub(crate) fn new(levels: Vec<TaskLocality>, waits: LocalityWaits, now: Timestamp) -> Self {
        Self { levels, at: 0, last_reset: now, waits, no_rejects_since_reset: true }
    }

    /// The level at a place in the list, best first.
    pub(crate) fn level(&self, at: usize) -> Option<TaskLocality> {
        self.levels.get(at).copied()
    }

    /// The least local level that is allowed now. Moves on past levels that have no tasks or took too long.
    pub(crate) fn allowed(
        &mut self,
        now: Timestamp,
        pending: &mut PendingTasks,
        states: &[TaskState],
    ) -> TaskLocality {
        while self.at + 1 < self.levels.len() {
            let level = self.current();
            let wait = self.wait(level);
            if !pending.has_more(states, level) {
                // Nothing is left to wait for.
                self.last_reset = now;
            } else if now.since(self.last_reset) >= wait {
                self.last_reset = self.last_reset + wait;
            } else {
                return level;
            }
            self.at += 1;
        }
        self.current()
    }

    /// Slots were used well: wait anew, from the level that was reached.
    pub(crate) fn reset(&mut self, now: Timestamp, reached: TaskLocality) {
        self.last_reset = now;
        self.at = self.index_of(reached);
        self.no_rejects_since_reset = true;
    }

    /// Executors came or went. Spark: `recomputeLocality`.
    pub(crate) fn set_levels(&mut self, levels: Vec<TaskLocality>) {
        let (before_at, before_level) = (self.at, self.current());
        let before = std::mem::replace(&mut self.levels, levels);
        self.at = self.index_of(before_level);
        if self.at > before_at
            && let Some(new) = self.levels.iter().find(|level| !before.contains(level))
        {
            // A better level became possible: begin there.
            self.at = self.index_of(*new);
        }
    }

    /// When the next level will be allowed, if time alone can do it.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        (self.at + 1 < self.levels.len()).then(|| self.last_reset + self.wait(self.current()))
    }

    fn current(&self) -> TaskLocality {
        self.levels.get(self.at).copied().unwrap_or(TaskLocality::Any)
    }

    fn index_of(&self, level: TaskLocality) -> usize {
        let last = self.levels.len().saturating_sub(1);
        self.levels.iter().position(|other| *other >= level).unwrap_or(last)
    }

    fn wait(&self, level: TaskLocality) -> Duration {
        match level {
            TaskLocality::ProcessLocal => self.waits.process,
            TaskLocality::NodeLocal => self.waits.node,
            TaskLocality::NoPref | TaskLocality::Any => Duration::ZERO,
        }
    }
}
