//! Tasks go only to registered executors that are not lost, being removed or decommissioned.

use hearth_scheduler::Action;

use super::{Check, Invariant, Seen, require};

/// Checks the target of each launch.
#[derive(Debug)]
pub(super) struct LaunchesOnLive;

impl Invariant for LaunchesOnLive {
    fn name(&self) -> &'static str {
        "live_target"
    }

    fn sentence(&self) -> &'static str {
        "tasks go only to registered executors that are not lost, being removed or decommissioned"
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let Action::LaunchTask { executor, task } = action else { return Ok(()) };
        let target = seen.executors.get(executor);
        require(target.is_some(), || {
            format!("{} goes to executor {executor}, which never registered", task.id)
        })?;
        require(target.is_some_and(|target| !target.is_gone), || {
            format!("{} goes to executor {executor}, which is lost", task.id)
        })?;
        require(target.is_some_and(|target| !target.is_leaving), || {
            format!("{} goes to executor {executor}, which is being removed", task.id)
        })?;
        require(target.is_some_and(|target| !target.is_decommissioning), || {
            format!("{} goes to executor {executor}, which is being decommissioned", task.id)
        })
    }
}
