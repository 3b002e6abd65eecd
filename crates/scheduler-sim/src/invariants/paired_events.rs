//! What starts for the listeners ends for them, exactly once: jobs and task attempts.
//!
//! The UI and the metrics count on it. A map task whose output died has one more end, `Resubmitted`.

use std::collections::BTreeSet;

use hearth_scheduler::Action;
use hearth_types::{JobId, ListenerEvent, TaskEndReason, TaskId};

use super::{Check, Invariant, Look, Seen, require};

/// Follows what the listeners are told.
#[derive(Debug, Default)]
pub(super) struct EventsArePaired {
    announced: Option<TaskId>,
    tasks: BTreeSet<TaskId>,
    jobs: BTreeSet<JobId>,
}

impl Invariant for EventsArePaired {
    fn name(&self) -> &'static str {
        "paired_events"
    }

    fn sentence(&self) -> &'static str {
        "what starts for the listeners ends for them, exactly once"
    }

    fn on_action(&mut self, _: &Seen, action: &Action) -> Check {
        match action {
            Action::LaunchTask { task, .. } => {
                let announced = self.announced.take();
                require(announced == Some(task.id.task), || {
                    format!("{} is launched without a TaskStart", task.id)
                })
            }
            Action::Post(ListenerEvent::TaskStart { task, .. }) => {
                self.announced = Some(task.task);
                require(self.tasks.insert(task.task), || format!("task {} starts twice", task.task))
            }
            Action::Post(ListenerEvent::TaskEnd { task, reason, .. })
                if *reason != TaskEndReason::Resubmitted =>
            {
                require(self.tasks.remove(&task.task), || {
                    format!("task {} ends, but does not run", task.task)
                })
            }
            Action::Post(ListenerEvent::JobStart { job, .. }) => {
                require(self.jobs.insert(*job), || format!("job {job} starts twice"))
            }
            Action::Post(ListenerEvent::JobEnd { job, .. }) => {
                require(self.jobs.remove(job), || format!("job {job} ends, but does not run"))
            }
            Action::CompleteJob { job, .. } => {
                require(!self.jobs.contains(job), || format!("job {job} is complete before its JobEnd"))
            }
            _ => Ok(()),
        }
    }

    fn on_rest(&mut self, _: &Seen, _: &Look) -> Check {
        let Self { tasks, jobs, .. } = self;
        require(tasks.is_empty() && jobs.is_empty(), || {
            format!("tasks {tasks:?} and jobs {jobs:?} never ended")
        })
    }
}
