//! Executor requests stay between the minimum and the maximum of the moment; removals hit idle executors and leave the minimum.

use hearth_scheduler::{Action, Event, ExecutorsConf};
use hearth_types::ExecutorId;

use super::{Check, Invariant, Look, Seen, SeenExecutor, require};
use crate::plan::Plan;

/// Checks each request and each removal.
#[derive(Debug)]
pub(super) struct BoundedRequests {
    min: u32,
    max: u32,
    is_dynamic: bool,
    /// The last request.
    target: Option<u32>,
}

impl BoundedRequests {
    pub(super) fn new(plan: &Plan) -> Self {
        let (min, max, is_dynamic) = match &plan.conf.executors {
            ExecutorsConf::Fixed { count, .. } => (*count, *count, false),
            ExecutorsConf::Dynamic(conf) => (conf.min, conf.max, true),
        };
        Self { min, max, is_dynamic, target: None }
    }
}

impl Invariant for BoundedRequests {
    fn name(&self) -> &'static str {
        "bounded_requests"
    }

    fn sentence(&self) -> &'static str {
        "executor requests stay between the minimum and the maximum of the moment; removals hit idle executors and leave the minimum"
    }

    fn on_event(&mut self, _: &Seen, event: &Event) -> Check {
        if let Event::ExecutorBoundsChanged { min, max } = event
            && self.is_dynamic
        {
            self.max = max.unwrap_or(self.max);
            self.min = min.unwrap_or(self.min).min(self.max);
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let Self { min, max, is_dynamic: _, target } = self;
        match action {
            Action::RequestExecutors { total } => {
                *target = Some(*total);
                require((*min..=*max).contains(total), || {
                    format!("{total} executors are requested, not {min} to {max}")
                })
            }
            Action::RemoveExecutors { executors } => {
                let stays = |id: &ExecutorId, of: &SeenExecutor| {
                    !of.is_gone && !of.is_leaving && !of.is_decommissioning && !executors.contains(id)
                };
                let left = seen.executors.iter().filter(|(id, of)| stays(id, of)).count();
                // Those that are taken away anyway go whether they are missed or not.
                let decommissioned = |id| seen.executors.get(id).is_some_and(|of| of.is_decommissioning);
                require(left >= *min as usize || executors.iter().all(decommissioned), || {
                    format!("{executors:?} are removed, and {left} are left")
                })?;
                let mut targets = executors.iter();
                let busy = targets.find(|id| seen.executors.get(id).is_none_or(|of| !of.open.is_empty()));
                require(busy.is_none(), || format!("executor {busy:?} is removed, but not idle"))
            }
            _ => Ok(()),
        }
    }

    fn on_settled(&mut self, _: &Seen, _: &Look) -> Check {
        let Self { min, max, is_dynamic: _, target } = self;
        let outside = target.filter(|total| !(*min..=*max).contains(total));
        require(outside.is_none(), || format!("{outside:?} executors stay requested, not {min} to {max}"))
    }
}
