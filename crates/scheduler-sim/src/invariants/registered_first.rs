//! No task starts before enough executors have registered, or the wait for them is over.
//!
//! Once there were enough, it does not matter that some have died since.

use std::time::Duration;

use hearth_scheduler::{Action, Event, ExecutorsConf};
use hearth_types::Timestamp;

use super::{Check, Invariant, Look, Seen, require};
use crate::plan::Plan;

/// Checks the first launch.
#[derive(Debug)]
pub(super) struct RegisteredComeFirst {
    needed: u32,
    longest: Duration,
    started: Option<Timestamp>,
    launched: bool,
    most: usize,
}

impl RegisteredComeFirst {
    pub(super) fn new(plan: &Plan) -> Self {
        let expected = match &plan.conf.executors {
            ExecutorsConf::Fixed { count, .. } => *count,
            ExecutorsConf::Dynamic(conf) => conf.initial.max(conf.min).min(conf.max),
        };
        let needed = (f64::from(expected) * plan.conf.min_registered_ratio).ceil() as u32;
        Self { needed, longest: plan.conf.max_registered_wait, started: None, launched: false, most: 0 }
    }
}

impl RegisteredComeFirst {
    fn count(&mut self, seen: &Seen) {
        let registered = seen.executors.values().filter(|executor| !executor.is_gone).count();
        self.most = self.most.max(registered);
    }
}

impl Invariant for RegisteredComeFirst {
    fn name(&self) -> &'static str {
        "registered_first"
    }

    fn sentence(&self) -> &'static str {
        "no task starts before enough executors have registered, or the wait for them is over"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        if matches!(event, Event::ApplicationStarted) {
            self.started = Some(seen.now);
        }
        Ok(())
    }

    fn on_settled(&mut self, seen: &Seen, _: &Look) -> Check {
        if !self.launched {
            self.count(seen);
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let Action::LaunchTask { task, .. } = action else { return Ok(()) };
        if std::mem::replace(&mut self.launched, true) {
            return Ok(());
        }
        self.count(seen);
        let waited = self.started.map(|started| seen.now.since(started));
        let enough = self.most >= self.needed as usize || waited.is_some_and(|waited| waited >= self.longest);
        require(enough, || format!("{} starts with {} of {} executors", task.id, self.most, self.needed))
    }
}
