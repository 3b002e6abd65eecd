//! An attempt ended: its output or result counts, or not. Spark: `handleTaskCompletion`, `processShuffleMapStageCompletion`.

use std::sync::Arc;

use hearth_types::{JobId, KillReason, MapSizes, MapStatus, ShuffleId, StageId, TaskAttempt, TaskEndReason};

use super::DagScheduler;
use super::fetch_failed::FailedFetch;
use super::stage::{Kind, Stage};
use crate::Action;
use crate::seam::{Command, Ended, Outcome, RunningTask, Turn};
use crate::view::StageState;

impl DagScheduler {
    /// Takes the report of an attempt's end.
    pub(super) fn on_task_ended(&mut self, turn: &mut Turn, ended: Ended) {
        self.cache.on_heard(ended.place.executor, ended.task.epoch);
        match ended.outcome {
            Outcome::MapOutput { ref sizes, checksum } => {
                let sizes = sizes.clone();
                self.on_map_output(turn, ended, sizes, checksum);
            }
            Outcome::Result => self.on_result(turn, ended),
            Outcome::Failed(ref reason) => {
                let reason = Arc::clone(reason);
                self.on_task_failed(turn, ended, &reason);
            }
        }
    }

    fn on_result(&mut self, turn: &mut Turn, ended: Ended) {
        let RunningTask { id, position, .. } = ended.task;
        let current = ended.current;
        let job = self.needs(id).then(|| self.job_of(id.stage)).flatten();
        let job = job.and_then(|job| self.jobs.get_mut(&job));
        let Some(job) = job.filter(|job| !job.finished.contains(position)) else {
            return self.discard(turn, ended);
        };
        job.finished.insert(position);
        let (job_id, finished) = (job.id, job.is_finished());
        turn.actions.push(Action::AcceptTask { id, deliver: Some((job_id, position)) });
        turn.post(ended.into_event(TaskEndReason::Success));
        if !current {
            turn.commands.push_back(Command::PartitionDone { stage: id.stage, position });
        }
        if finished {
            self.complete_job(turn, job_id);
        }
    }

    fn on_map_output(&mut self, turn: &mut Turn, ended: Ended, sizes: MapSizes, checksum: u64) {
        let RunningTask { id, position, epoch, .. } = ended.task;
        let executor = ended.place.executor;
        let current = ended.current;
        let Some(shuffle) = self.needed_stage(id).and_then(Stage::shuffle) else {
            return self.discard(turn, ended);
        };
        if self.map_outputs.has(shuffle, position) {
            self.discard(turn, ended);
            return self.on_partition_settled(turn, id.stage, shuffle, position);
        }
        let in_doubt = self.is_in_doubt(executor, epoch);
        let mut is_as_before = true;
        if !in_doubt {
            let output = MapStatus { executor, map_task: id.task, sizes };
            is_as_before = self.map_outputs.register(shuffle, position, output, checksum);
            turn.actions.push(Action::AcceptTask { id, deliver: None });
        }
        turn.post(ended.into_event(TaskEndReason::Success));
        if !is_as_before {
            self.roll_back_readers(turn, id.stage, shuffle);
        }
        if in_doubt && !current {
            // Another attempt of the stage makes this partition, or will be told to.
            return;
        }
        if !current {
            turn.commands.push_back(Command::PartitionDone { stage: id.stage, position });
        }
        self.on_partition_settled(turn, id.stage, shuffle, position);
    }

    /// One partition less to wait for; at the last one the map stage is over.
    fn on_partition_settled(&mut self, turn: &mut Turn, id: StageId, shuffle: ShuffleId, position: u32) {
        let Some(stage) = self.stages.get_mut(&id) else { return };
        let Kind::ShuffleMap { pending, .. } = &mut stage.kind else { return };
        pending.remove(position);
        if stage.state != StageState::Running || pending.count() > 0 {
            return;
        }
        let available = self.map_outputs.is_available(shuffle);
        self.mark_stage_finished(turn, id, None, !available);
        self.map_outputs.stage_ended(shuffle);
        if available {
            self.submit_waiting_children(turn, id);
        } else {
            // Outputs were lost while the others were made.
            self.submit_stage(turn, id);
        }
    }

    /// A success that nobody needs any more, because another attempt was first, or the stage was rolled back or is gone.
    fn discard(&mut self, turn: &mut Turn, ended: Ended) {
        let asked = |words: &str| TaskEndReason::TaskKilled(KillReason::Asked(words.to_owned()));
        let reason = if self.needs(ended.task.id) {
            asked("Finish but did not commit due to another attempt succeeded")
        } else if self.stages.contains_key(&ended.task.id.stage) {
            asked("Finish but does not count as its stage was rolled back")
        } else {
            TaskEndReason::Success
        };
        turn.post(ended.into_event(reason));
    }

    fn on_task_failed(&mut self, turn: &mut Turn, ended: Ended, reason: &Arc<TaskEndReason>) {
        let task = ended.task.clone();
        let holder_failed = !matches!(**reason, TaskEndReason::TaskCommitDenied);
        if holder_failed {
            self.commits.attempt_failed(task.id);
        }
        turn.post(ended.into_event((**reason).clone()));
        match &**reason {
            TaskEndReason::Resubmitted => {
                if let Some(stage) = self.stages.get_mut(&task.id.stage)
                    && let Kind::ShuffleMap { pending, .. } = &mut stage.kind
                {
                    pending.insert(task.position);
                }
            }
            TaskEndReason::FetchFailed { shuffle, map_index, from, message, reduce: _ } => {
                let fetch = FailedFetch { shuffle: *shuffle, map_index: *map_index, from: *from, message };
                self.on_fetch_failed(turn, &task, fetch);
            }
            TaskEndReason::Success
            | TaskEndReason::ExceptionFailure { .. }
            | TaskEndReason::TaskResultLost
            | TaskEndReason::TaskKilled(_)
            | TaskEndReason::TaskCommitDenied
            | TaskEndReason::ExecutorLost { .. } => {}
        }
    }

    /// Whether the job can take a result of this size; else why it must be given up. Counts it if it can.
    pub(crate) fn admit_result(&mut self, stage: StageId, size: u64) -> Result<(), String> {
        let Some(job) = self.job_of(stage).and_then(|job| self.jobs.get_mut(&job)) else { return Ok(()) };
        job.result_bytes = job.result_bytes.saturating_add(size);
        job.result_tasks += 1;
        match self.conf.max_result_size {
            Some(limit) if job.result_bytes > limit => Err(format!(
                "Total size of serialized results of {} tasks ({}) is bigger than spark.driver.maxResultSize ({})",
                job.result_tasks,
                bytes_to_string(job.result_bytes),
                bytes_to_string(limit)
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the result at a position is still wanted.
    pub(crate) fn wants_result(&self, id: TaskAttempt, position: u32) -> bool {
        let job = self.job_of(id.stage).and_then(|job| self.jobs.get(&job));
        self.needs(id) && job.is_some_and(|job| !job.finished.contains(position))
    }

    fn job_of(&self, stage: StageId) -> Option<JobId> {
        match &self.stages.get(&stage)?.kind {
            Kind::Result { job } => Some(*job),
            Kind::ShuffleMap { .. } => None,
        }
    }
}

/// Spark's `Utils.bytesToString`: the unit of which there are at least two.
fn bytes_to_string(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in &units[1..] {
        if value < 2048.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_spark_writes_them() {
        assert_eq!(bytes_to_string(1 << 30), "1024.0 MiB");
        assert_eq!(bytes_to_string(2 << 30), "2.0 GiB");
        assert_eq!(bytes_to_string(2047), "2047.0 B");
        assert_eq!(bytes_to_string(3 << 20), "3.0 MiB");
    }
}
