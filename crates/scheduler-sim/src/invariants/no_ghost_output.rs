//! No map output is registered from an executor lost at or after that task's epoch.
//!
//! Each output that is registered, or told to an executor, was made by the task that it names, there.
//! Its executor is not lost, and its outputs were not given up, because of a fetch that failed, at the task's epoch or
//! later.

use std::collections::BTreeMap;

use hearth_scheduler::{Action, Event, TaskEnd};
use hearth_types::{ExecutorId, ListenerEvent, MapStatus, ShuffleId, StageId, StageKind, TaskEndReason};

use super::{Check, Invariant, Look, Seen, SeenEnd, require};
use crate::plan::Plan;

/// Checks each answer to an executor, and what is registered after each event that may change it.
#[derive(Debug)]
pub(super) struct NoGhostOutput<'p> {
    plan: &'p Plan,
    /// The latest attempt of each stage that is needed.
    attempts: BTreeMap<StageId, u32>,
    /// The latest epoch at which an executor's outputs were given up.
    given_up: BTreeMap<ExecutorId, u64>,
}

impl<'p> NoGhostOutput<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, attempts: BTreeMap::new(), given_up: BTreeMap::new() }
    }

    fn check(&self, seen: &Seen, shuffle: ShuffleId, map: u32, status: &MapStatus) -> Check {
        let MapStatus { executor, map_task, .. } = status;
        let what =
            || format!("map output {map} of shuffle {shuffle} by task {map_task} on executor {executor}");
        require(seen.is_alive(*executor), || format!("{} is named, but the executor is lost", what()))?;
        let task = seen.tasks.get(map_task);
        let made = task.is_some_and(|task| {
            let kind = self.plan.binary(task.binary).map(|binary| &binary.kind);
            let feeds = matches!(kind, Some(StageKind::ShuffleMap { shuffle: of, .. }) if *of == shuffle);
            feeds
                && task.id.partition == map
                && task.executor == *executor
                && task.end == Some(SeenEnd::Succeeded)
        });
        require(made, || format!("{} is named, but was not made", what()))?;
        let given_up = self.given_up.get(executor);
        let is_newer = given_up.is_none_or(|at| task.is_some_and(|task| task.epoch > *at));
        require(is_newer, || {
            format!("{} is named, but all outputs there were given up at {given_up:?}", what())
        })
    }
}

impl Invariant for NoGhostOutput<'_> {
    fn name(&self) -> &'static str {
        "no_ghost_output"
    }

    fn sentence(&self) -> &'static str {
        "no map output is registered from an executor lost at or after that task's epoch"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        if let Event::TaskEnded { id, end: TaskEnd::Failed(reason), .. } = event
            && let TaskEndReason::FetchFailed { from: Some(from), .. } = &**reason
            && self.attempts.get(&id.stage) == Some(&id.stage_attempt)
            && let Some(task) = seen.tasks.get(&id.task).filter(|task| task.end.is_none())
        {
            let at = self.given_up.entry(*from).or_default();
            *at = task.epoch.max(*at);
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        match action {
            Action::Post(ListenerEvent::StageSubmitted { stage, .. }) => {
                self.attempts.insert(stage.stage, stage.attempt);
            }
            Action::ForgetStage { stage, .. } => {
                self.attempts.remove(stage);
            }
            _ => {}
        }
        let Action::SendMapOutputs { shuffle, outputs, executor, .. } = action else { return Ok(()) };
        let maps = self.plan.maps(*shuffle) as usize;
        require(outputs.is_empty() || outputs.len() == maps, || {
            format!(
                "executor {executor} is told of {} outputs of shuffle {shuffle}, which has {maps}",
                outputs.len()
            )
        })?;
        (0u32..).zip(outputs.iter()).try_for_each(|(map, status)| match status {
            Some(status) => self.check(seen, *shuffle, map, status),
            None => Ok(()),
        })
    }

    fn on_settled(&mut self, seen: &Seen, look: &Look) -> Check {
        look.outputs.iter().try_for_each(|(shuffle, map, status)| self.check(seen, *shuffle, *map, status))
    }
}
