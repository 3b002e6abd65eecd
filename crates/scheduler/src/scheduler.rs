//! The one entry: an event in, actions out.

use hearth_types::Timestamp;

use crate::{Action, Event, SchedulerConf};

/// Decides what runs where. Spark: `DAGScheduler` and `TaskSchedulerImpl` together.
#[derive(Debug)]
pub struct Scheduler {}

impl Scheduler {
    /// A scheduler with no jobs and no executors. `seed` drives the random order of offers.
    pub fn new(conf: SchedulerConf, seed: u64) -> Self {
        let _ = (conf, seed);
        Self {}
    }

    /// Applies one event and returns what must now be done, in order. Never blocks, never fails, never reads a clock.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action> {
        let _ = (now, event);
        Vec::new()
    }

    /// When to call `handle(now, Event::Timeout)` if nothing comes first. Early calls are harmless.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        None
    }
}
