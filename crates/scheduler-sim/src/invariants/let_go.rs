//! Whatever the driver keeps for a job or a shuffle, it is told once to let go of.
//!
//! That is the code of each stage, the outputs of each shuffle that the program released, the attempts of jobs that have
//! ended, and executors that will be taken away.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, Event};
use hearth_types::{ShuffleId, StageKind, TaskBinaryId, TaskId};

use super::{Check, Invariant, Look, Seen, require};
use crate::plan::Plan;

/// Follows what is kept.
#[derive(Debug)]
pub(super) struct LetsGo<'p> {
    plan: &'p Plan,
    binaries: BTreeSet<TaskBinaryId>,
    /// Shuffles that may have outputs; true once the program has released them.
    shuffles: BTreeMap<ShuffleId, bool>,
    killed: BTreeSet<TaskId>,
}

impl<'p> LetsGo<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, binaries: BTreeSet::new(), shuffles: BTreeMap::new(), killed: BTreeSet::new() }
    }
}

impl Invariant for LetsGo<'_> {
    fn name(&self) -> &'static str {
        "let_go"
    }

    fn sentence(&self) -> &'static str {
        "whatever is kept for a job or a shuffle is let go of, once"
    }

    fn on_event(&mut self, _: &Seen, event: &Event) -> Check {
        match event {
            Event::JobSubmitted { graph, .. } => {
                self.binaries.extend(graph.stages().iter().map(|stage| stage.binary));
            }
            Event::ShuffleReleased { shuffle } => {
                if let Some(released) = self.shuffles.get_mut(shuffle) {
                    *released = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        match action {
            Action::LaunchTask { task, .. } => {
                require(self.binaries.contains(&task.binary), || {
                    format!("{} runs code that is gone", task.id)
                })?;
                let kind = self.plan.binary(task.binary).map(|binary| &binary.kind);
                if let Some(StageKind::ShuffleMap { shuffle, .. }) = kind {
                    let released = *self.shuffles.entry(*shuffle).or_insert(false);
                    return require(!released, || {
                        format!("{} writes to a shuffle that nobody can read", task.id)
                    });
                }
                Ok(())
            }
            Action::KillTask { executor, id, .. } => {
                let task =
                    seen.tasks.get(&id.task).filter(|task| task.executor == *executor && task.end.is_none());
                require(task.is_some(), || {
                    format!("{id} is told to stop on executor {executor}, but has ended")
                })?;
                require(self.killed.insert(id.task), || format!("{id} is told to stop twice"))
            }
            Action::FetchResult { id, .. } => require(seen.is_stored(id.task), || {
                format!("the result of {id} is fetched, but was not stored")
            }),
            Action::ForgetStage { stage, binary } => require(self.binaries.remove(binary), || {
                format!("code {binary} of stage {stage} is forgotten twice")
            }),
            Action::RemoveShuffle { shuffle } => {
                let released = self.shuffles.remove(shuffle);
                require(released != Some(false), || {
                    format!("shuffle {shuffle} is removed, but was not released")
                })
            }
            _ => Ok(()),
        }
    }

    fn on_settled(&mut self, seen: &Seen, _: &Look) -> Check {
        if !seen.active_jobs.is_empty() {
            return Ok(());
        }
        let mut open = seen.executors.values().flat_map(|executor| &executor.open);
        if let Some(task) = open.find(|task| !self.killed.contains(task)) {
            return Err(format!("no job is active, and task {task} was not told to stop"));
        }
        let kept = seen
            .executors
            .iter()
            .find(|(_, of)| of.is_decommissioning && of.has_no_tasks() && !of.is_leaving && !of.is_gone);
        match kept {
            Some((executor, _)) => {
                Err(format!("no job is active, and executor {executor} was not told to go"))
            }
            None => Ok(()),
        }
    }

    fn on_rest(&mut self, _: &Seen, _: &Look) -> Check {
        let Self { binaries, shuffles, .. } = self;
        require(binaries.is_empty(), || format!("code {binaries:?} was never forgotten"))?;
        require(shuffles.is_empty(), || format!("shuffles {shuffles:?} were never removed"))
    }
}
