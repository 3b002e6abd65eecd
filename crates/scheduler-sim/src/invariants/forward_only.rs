//! No state moves backwards: epochs, task ids and attempts only grow, and what has ended does not start again.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, Event};
use hearth_types::{ListenerEvent, StageId, TaskBinaryId, TaskDescription, TaskId, Timestamp};

use super::{Check, Invariant, Look, Seen, require};

/// Remembers how far everything is.
#[derive(Debug, Default)]
pub(super) struct ForwardOnly {
    time: Timestamp,
    epoch: u64,
    last_task: Option<TaskId>,
    stages: BTreeMap<StageId, Stage>,
    attempts: BTreeMap<(StageId, u32, u32), u32>,
    forgotten: BTreeSet<(StageId, TaskBinaryId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Runs(u32),
    Ended(u32),
}

impl ForwardOnly {
    fn launch(&mut self, task: &TaskDescription) -> Check {
        let id = task.id;
        require(self.last_task.is_none_or(|last| last < id.task), || format!("{id} has an old number"))?;
        self.last_task = Some(id.task);
        let stage = self.stages.get(&id.stage).copied();
        require(stage == Some(Stage::Runs(id.stage_attempt)), || {
            format!("{id} is launched, but of stage {} this is true: {stage:?}", id.stage)
        })?;
        let next = self.attempts.entry((id.stage, id.stage_attempt, id.partition)).or_insert(0);
        require(*next == id.attempt, || format!("{id} should be attempt {next}"))?;
        *next += 1;
        require(!self.forgotten.contains(&(id.stage, task.binary)), || format!("{id} runs forgotten code"))?;
        self.raise(task.epoch, || format!("{id} is launched"))
    }

    fn raise(&mut self, epoch: u64, what: impl FnOnce() -> String) -> Check {
        require(self.epoch <= epoch, || format!("{} with epoch {epoch} after {}", what(), self.epoch))?;
        self.epoch = epoch;
        Ok(())
    }
}

impl Invariant for ForwardOnly {
    fn name(&self) -> &'static str {
        "forward_only"
    }

    fn sentence(&self) -> &'static str {
        "no state moves backwards"
    }

    fn on_event(&mut self, seen: &Seen, _: &Event) -> Check {
        require(self.time <= seen.now, || "time runs backwards".to_owned())?;
        self.time = seen.now;
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        match action {
            Action::LaunchTask { task, .. } => {
                require(seen.active_jobs.contains(&task.job), || {
                    format!("{} runs for ended job {}", task.id, task.job)
                })?;
                self.launch(task)
            }
            Action::SendMapOutputs { shuffle, epoch, .. } => {
                self.raise(*epoch, || format!("the outputs of shuffle {shuffle} are told"))
            }
            Action::ForgetStage { stage, binary } => {
                require(self.forgotten.insert((*stage, *binary)), || {
                    format!("stage {stage} is forgotten twice")
                })
            }
            Action::Post(ListenerEvent::StageSubmitted { stage: info, .. }) => {
                let next = Stage::Runs(info.attempt);
                let fits = match self.stages.insert(info.stage, next) {
                    None => info.attempt == 0,
                    Some(Stage::Ended(last)) => last + 1 == info.attempt,
                    Some(Stage::Runs(_)) => false,
                };
                require(fits, || format!("stage {} starts as attempt {}", info.stage, info.attempt))
            }
            Action::Post(ListenerEvent::StageCompleted { stage: info }) => {
                let was = self.stages.insert(info.stage, Stage::Ended(info.attempt));
                require(was == Some(Stage::Runs(info.attempt)), || {
                    format!(
                        "attempt {} of stage {} ends, but this is true: {was:?}",
                        info.attempt, info.stage
                    )
                })
            }
            Action::Post(ListenerEvent::JobStart { job, .. }) => {
                require(seen.active_jobs.contains(job), || {
                    format!("job {job} starts, which was not submitted")
                })
            }
            _ => Ok(()),
        }
    }

    fn on_settled(&mut self, _: &Seen, look: &Look) -> Check {
        self.raise(look.epoch, || "the scheduler is quiet".to_owned())
    }

    fn on_rest(&mut self, _: &Seen, _: &Look) -> Check {
        match self.stages.iter().find(|(_, stage)| matches!(stage, Stage::Runs(_))) {
            Some((stage, _)) => Err(format!("stage {stage} never ended")),
            None => Ok(()),
        }
    }
}
