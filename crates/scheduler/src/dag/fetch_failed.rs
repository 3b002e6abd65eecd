//! A task could not read a map output. Spark: the `FetchFailed` arm of `handleTaskCompletion`, `resubmitFailedStages`.
//!
//! The stage attempt is over, but its other attempts run on and their results count.
//! Failures are collected for a moment, because one lost executor makes many.
//! Whether what is computed again is what it was shows when it is there: see `roll_back`.

use hearth_types::{ExecutorId, ShuffleId, StageId};

use super::DagScheduler;
use crate::seam::{RunningTask, Turn};
use crate::view::StageState;

/// What a task says about a fetch that failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedFetch<'a> {
    pub(super) shuffle: ShuffleId,
    pub(super) map_index: Option<u32>,
    pub(super) from: Option<ExecutorId>,
    pub(super) message: &'a str,
}

impl DagScheduler {
    /// Handles a fetch failure of a stage that is still needed; one of an older attempt of the stage is ignored.
    pub(super) fn on_fetch_failed(&mut self, turn: &mut Turn, task: &RunningTask, fetch: FailedFetch<'_>) {
        let FailedFetch { shuffle, map_index: _, from: _, message } = fetch;
        let id = task.id.stage;
        let Some(stage) = self.stages.get(&id) else { return };
        if stage.attempt.is_none_or(|attempt| attempt.number != task.id.stage_attempt) {
            return;
        }
        if !self.needs(task.id) {
            // The stage goes from the start anyway, but what cannot be read is lost.
            return self.forget_outputs(task, fetch);
        }
        let hidden = !self.visible_shuffles(stage).any(|visible| visible == shuffle);
        let Some(stage) = self.stages.get_mut(&id) else { return };
        stage.reads_hidden |= hidden;
        stage.failed_attempts.insert(task.id.stage_attempt);
        let limit = self.conf.max_stage_attempts;
        let give_up = stage.failed_attempts.len() >= limit as usize;
        let abort = give_up.then(|| {
            format!(
                "{stage} ({}) has failed the maximum allowable number of times: {limit}. \
                 Most recent failure reason: {}",
                stage.name,
                message.replace('\n', " ")
            )
        });
        if stage.state == StageState::Running {
            self.mark_stage_finished(turn, id, Some(message.to_owned()), !give_up);
        }
        self.forget_outputs(task, fetch);
        match abort {
            Some(why) => self.abort_stage(turn, id, &why),
            None => {
                self.fail_stage(turn, id);
                if let Some(map_stage) = self.shuffle_stages.get(&shuffle).copied() {
                    self.fail_stage(turn, map_stage);
                }
            }
        }
    }

    /// What a task could not read is not there, nor is, as far as is known, what else its executor kept.
    fn forget_outputs(&mut self, task: &RunningTask, fetch: FailedFetch<'_>) {
        if let (Some(map), Some(executor)) = (fetch.map_index, fetch.from) {
            self.map_outputs.unregister(fetch.shuffle, map, executor);
        }
        if let Some(executor) = fetch.from {
            self.give_up_outputs(executor, task.epoch);
        }
    }

    /// Marks a stage for resubmission, unless it is on its way already.
    pub(super) fn fail_stage(&mut self, turn: &mut Turn, stage: StageId) {
        self.resubmit_at.get_or_insert(turn.now + self.conf.resubmit_delay);
        if self.state(stage) == StageState::Idle {
            self.set_state(stage, StageState::Failed);
        }
    }

    /// The wait for further failures is over.
    pub(super) fn resubmit_failed_stages(&mut self, turn: &mut Turn) {
        self.resubmit_at = None;
        let failed = std::mem::take(&mut self.failed);
        let mut failed: Vec<_> =
            failed.into_iter().filter_map(|id| Some((self.stages.get(&id)?.first_job, id))).collect();
        failed.sort_unstable();
        for (_, id) in &failed {
            self.set_state(*id, StageState::Idle);
        }
        for (_, id) in failed {
            self.submit_stage(turn, id);
        }
    }
}
