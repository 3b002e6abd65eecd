//! No map output is named that does not exist: each was made by the task it names, there, and its executor is not lost.

use hearth_scheduler::Action;
use hearth_types::{MapStatus, ShuffleId, StageKind};

use super::{Check, Invariant, Look, Seen, SeenEnd, require};
use crate::plan::Plan;

/// Checks each answer to an executor, and what is registered after each event that may change it.
#[derive(Debug)]
pub(super) struct NoGhostOutput<'p> {
    plan: &'p Plan,
}

impl<'p> NoGhostOutput<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan }
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
        require(made, || format!("{} is named, but was not made", what()))
    }
}

impl Invariant for NoGhostOutput<'_> {
    fn name(&self) -> &'static str {
        "no_ghost_output"
    }

    fn sentence(&self) -> &'static str {
        "no map output is registered from an executor lost at or after that task's epoch"
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
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
