//! An executor is given up only when it was silent for `spark.network.timeout`.

use std::time::Duration;

use hearth_scheduler::Action;

use super::{Check, Invariant, Seen, require};
use crate::plan::Plan;

/// Checks the silence before each abandonment.
#[derive(Debug)]
pub(super) struct OnlySilentAreAbandoned {
    timeout: Duration,
}

impl OnlySilentAreAbandoned {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { timeout: plan.conf.executor_timeout }
    }
}

impl Invariant for OnlySilentAreAbandoned {
    fn name(&self) -> &'static str {
        "abandoned"
    }

    fn sentence(&self) -> &'static str {
        "an executor is given up only when it was silent for spark.network.timeout"
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let Action::AbandonExecutor { executor } = action else { return Ok(()) };
        let silent = seen.executors.get(executor).map(|of| seen.now.since(of.heard));
        require(silent.is_some_and(|silent| silent >= self.timeout), || {
            format!("executor {executor} is given up after {silent:?} of silence")
        })
    }
}
