//! A stage attempt or a job is over. Spark: `markStageAsFinished`, `cleanupStateForJobAndIndependentStages`, `abortStage`.

use hearth_types::{JobId, JobOutcome, KillReason, ListenerEvent, StageId};

use super::DagScheduler;
use super::job::ActiveJob;
use crate::seam::{Command, Turn};
use crate::view::StageState;
use crate::{Action, JobResult};

impl DagScheduler {
    /// The running attempt of a stage is over. `failure` says why it did not succeed; `retry` that another will follow.
    pub(super) fn mark_stage_finished(
        &mut self,
        turn: &mut Turn,
        id: StageId,
        failure: Option<String>,
        retry: bool,
    ) {
        let Some(stage) = self.stages.get_mut(&id) else { return };
        if failure.is_none() {
            // Only consecutive failures count against a stage.
            stage.failed_attempts.clear();
            stage.reads_hidden = false;
        }
        let info = stage.info(0, Some(turn.now), failure);
        turn.post(ListenerEvent::StageCompleted { stage: info });
        if !retry {
            self.commits.stage_ended(id);
        }
        self.set_state(id, StageState::Idle);
    }

    /// Every result of a job is there.
    pub(super) fn complete_job(&mut self, turn: &mut Turn, id: JobId) {
        let Some(job) = self.jobs.remove(&id) else { return };
        if self.state(job.result_stage) == StageState::Running {
            self.mark_stage_finished(turn, job.result_stage, None, false);
        }
        self.leave_stages(turn, &job, &format_args!("Job {id} is finished."));
        turn.post(ListenerEvent::JobEnd { job: id, time: turn.now, outcome: JobOutcome::Succeeded });
        turn.actions.push(Action::CompleteJob { job: id, result: JobResult::Succeeded });
    }

    /// A job is given up, with the sentence for its user.
    pub(super) fn end_job(&mut self, turn: &mut Turn, id: JobId, result: JobResult) {
        let Some(job) = self.jobs.remove(&id) else { return };
        let message = match &result {
            JobResult::Succeeded => String::new(),
            JobResult::Failed(message) | JobResult::Cancelled(message) => message.clone(),
        };
        self.leave_stages(turn, &job, &message);
        turn.post(ListenerEvent::JobEnd { job: id, time: turn.now, outcome: JobOutcome::Failed { message } });
        turn.actions.push(Action::CompleteJob { job: id, result });
    }

    /// A stage cannot be completed: every job that needs it fails.
    pub(super) fn abort_stage(&mut self, turn: &mut Turn, id: StageId, why: &str) {
        let Some(stage) = self.stages.get(&id) else { return };
        let jobs: Vec<JobId> = stage.jobs.keys().copied().collect();
        for job in jobs {
            let message = format!("Job aborted due to stage failure: {why}");
            self.end_job(turn, job, JobResult::Failed(message));
        }
    }

    /// A job that has ended leaves its stages: those that no other job needs end with it, the others go on.
    fn leave_stages(&mut self, turn: &mut Turn, job: &ActiveJob, why: &dyn std::fmt::Display) {
        self.changed = true;
        for &id in &job.stages {
            let Some(stage) = self.stages.get_mut(&id) else { continue };
            stage.jobs.remove(&job.id);
            if let Some((heir, binary)) = stage.jobs.first_key_value() {
                let (heir, binary) = (*heir, *binary);
                turn.commands.push_back(Command::ChangeJob { stage: id, job: heir, binary });
                continue;
            }
            if stage.state == StageState::Running {
                self.mark_stage_finished(turn, id, Some(why.to_string()), false);
            }
            self.remove_stage(turn, id);
        }
        if self.failed.is_empty() {
            self.resubmit_at = None;
        }
    }

    fn remove_stage(&mut self, turn: &mut Turn, id: StageId) {
        self.set_state(id, StageState::Idle);
        self.commits.stage_ended(id);
        let Some(stage) = self.stages.remove(&id) else { return };
        for parent in &stage.parents {
            if let Some(parent) = self.stages.get_mut(parent) {
                parent.children.remove(&id);
            }
        }
        if stage.attempt.is_some() {
            turn.commands.push_back(Command::Cancel { stage: id, reason: KillReason::StageCancelled });
        }
        if let Some(shuffle) = stage.shuffle() {
            self.shuffle_stages.remove(&shuffle);
            if self.released.remove(&shuffle) {
                self.map_outputs.remove_shuffle(shuffle);
                turn.actions.push(Action::RemoveShuffle { shuffle });
            }
        }
        for binary in stage.binaries {
            turn.actions.push(Action::ForgetStage { stage: id, binary });
        }
    }

    /// The program can no longer reach a shuffle: its outputs go as soon as no job reads them.
    pub(crate) fn on_shuffle_released(&mut self, turn: &mut Turn, shuffle: hearth_types::ShuffleId) {
        self.changed = true;
        if self.shuffle_stages.contains_key(&shuffle) {
            self.released.insert(shuffle);
        } else if self.map_outputs.remove_shuffle(shuffle) {
            turn.actions.push(Action::RemoveShuffle { shuffle });
        }
    }
}
