//! Executor requests stay between the minimum and the maximum.

use hearth_scheduler::{Action, ExecutorsConf};

use super::{Check, Invariant, Seen, require};
use crate::plan::Plan;

/// Checks each request.
#[derive(Debug)]
pub(super) struct BoundedRequests {
    min: u32,
    max: u32,
}

impl BoundedRequests {
    pub(super) fn new(plan: &Plan) -> Self {
        match &plan.conf.executors {
            ExecutorsConf::Fixed { count, .. } => Self { min: *count, max: *count },
            ExecutorsConf::Dynamic(conf) => Self { min: conf.min, max: conf.max },
        }
    }
}

impl Invariant for BoundedRequests {
    fn name(&self) -> &'static str {
        "bounded_requests"
    }

    fn sentence(&self) -> &'static str {
        "executor requests stay between the minimum and the maximum"
    }

    fn on_action(&mut self, _: &Seen, action: &Action) -> Check {
        let Action::RequestExecutors { total } = action else { return Ok(()) };
        let Self { min, max } = self;
        require((*min..=*max).contains(total), || {
            format!("{total} executors are requested, not {min} to {max}")
        })
    }
}
