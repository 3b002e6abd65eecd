//! After faults stop, every job ends within bounded time.

use hearth_scheduler::Event;
use hearth_types::Timestamp;

use super::{Check, Invariant, Look, Seen, require};
use crate::plan::Plan;
use crate::world::START;

/// Looks at the clock.
#[derive(Debug)]
pub(super) struct Progress {
    deadline: Timestamp,
}

impl Progress {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { deadline: START + plan.deadline() }
    }
}

impl Invariant for Progress {
    fn name(&self) -> &'static str {
        "progress"
    }

    fn sentence(&self) -> &'static str {
        "after faults stop, every job ends"
    }

    fn on_event(&mut self, seen: &Seen, _: &Event) -> Check {
        require(seen.now <= self.deadline, || {
            format!("jobs {:?} still run, or something else does", seen.active_jobs)
        })
    }

    fn on_rest(&mut self, seen: &Seen, _: &Look) -> Check {
        require(seen.active_jobs.is_empty(), || {
            format!("nothing happens, and jobs {:?} wait", seen.active_jobs)
        })
    }
}
