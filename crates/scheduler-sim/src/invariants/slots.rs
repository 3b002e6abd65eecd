//! An executor never runs more tasks than it has slots.
//!
//! The pretended executor keeps that rule itself, with a queue for what it cannot run yet.
//! So what is checked is that it gets no more than it has slots for, or, where tasks may be launched ahead, no more than
//! the most that may ever wait.

use hearth_scheduler::Action;

use super::{Check, Invariant, Seen, require};
use crate::plan::Plan;

/// How many tasks may wait for each slot when tasks are launched ahead.
const MAX_AHEAD: usize = 64;

/// Counts launched attempts whose end was not told.
#[derive(Debug)]
pub(super) struct RunsAtMostSlots {
    launches_ahead: bool,
}

impl RunsAtMostSlots {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { launches_ahead: !plan.conf.launch_ahead.is_zero() }
    }
}

impl Invariant for RunsAtMostSlots {
    fn name(&self) -> &'static str {
        "slots"
    }

    fn sentence(&self) -> &'static str {
        "an executor never runs more tasks than it has slots"
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        if let Action::LaunchTask { executor, task } = action
            && let Some(target) = seen.executors.get(executor)
        {
            let most = target.slots as usize * if self.launches_ahead { 1 + MAX_AHEAD } else { 1 };
            return require(target.open.len() < most, || {
                format!("{} goes to executor {executor}, which has {} already", task.id, target.open.len())
            });
        }
        Ok(())
    }
}
