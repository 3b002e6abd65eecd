//! The end of an attempt: success, another try, or the end of its task set.
//! Spark: `TaskSetManager.handleSuccessfulTask` and `handleFailedTask`.

use std::sync::Arc;

use hearth_types::{
    ExceptionKind, ListenerEvent, StageId, TaskAttempt, TaskEndReason, TaskId, TaskMetrics, TaskStatus,
};

use super::TaskScheduler;
use crate::seam::{Ended, Outcome, Report, RunningTask, Turn};

impl TaskScheduler {
    /// A running attempt ended. Reports it, and its task set if that is given up now.
    pub(crate) fn on_ended(
        &mut self,
        turn: &mut Turn,
        id: TaskAttempt,
        outcome: Outcome,
        metrics: Box<TaskMetrics>,
    ) {
        let current = self.is_current(id);
        let Some(task) = self.end(id.task) else { return };
        let given_up = if current { self.settle(turn, &task, &outcome, &metrics) } else { None };
        turn.reports.push_back(Report::Ended(Ended {
            task,
            outcome,
            metrics,
            finish_time: turn.now,
            current,
        }));
        if let Some(message) = given_up {
            self.drop_set(id.stage);
            turn.reports.push_back(Report::TaskSetFailed { stage: id.stage, message });
        }
    }

    /// An attempt has stored its large result: its slot is free, its result is being read.
    pub(crate) fn on_fetching(&mut self, turn: &mut Turn, id: TaskAttempt, metrics: Box<TaskMetrics>) {
        let Some(task) = self.running.get_mut(&id.task) else { return };
        task.fetching_since = Some(turn.now);
        task.stored_metrics = Some(metrics);
        self.executors.on_slot_freed(task.executor);
        let info = task.info(TaskStatus::Running, None);
        turn.post(ListenerEvent::TaskGettingResult { task: info });
    }

    /// What an attempt measured whose result is being read.
    pub(crate) fn take_stored_metrics(&mut self, id: TaskAttempt) -> Box<TaskMetrics> {
        self.running.get_mut(&id.task).and_then(|task| task.stored_metrics.take()).unwrap_or_default()
    }

    /// Gives the active task set of a stage up.
    pub(crate) fn give_up(&mut self, turn: &mut Turn, stage: StageId, message: String) {
        self.drop_set(stage);
        turn.reports.push_back(Report::TaskSetFailed { stage, message });
    }

    /// Takes an attempt out of every index and frees its slot.
    pub(super) fn end(&mut self, task: TaskId) -> Option<RunningTask> {
        let task = self.running.remove(&task)?;
        self.by_position.remove(&(task.id.stage, task.position, task.id.task));
        self.pools.on_ended(task.pool);
        self.executors.on_ended(task.executor, task.id.task);
        if task.fetching_since.is_none() {
            self.executors.on_slot_freed(task.executor);
        }
        if let Some(set) = self.sets.get_mut(&task.id.stage)
            && set.attempt == task.id.stage_attempt
        {
            set.on_ended();
        }
        Some(task)
    }

    /// What the end of an attempt means for its active set. Returns why the set is given up, if it is.
    fn settle(
        &mut self,
        turn: &mut Turn,
        task: &RunningTask,
        outcome: &Outcome,
        metrics: &TaskMetrics,
    ) -> Option<String> {
        let stage = task.id.stage;
        let set = self.sets.get_mut(&stage)?;
        let reason: &Arc<TaskEndReason> = match outcome {
            Outcome::MapOutput(_) | Outcome::Result => {
                set.on_success(task, turn.now, metrics.executor_run_micros);
                if set.is_complete() {
                    self.drop_set(stage);
                }
                self.kill_others(turn, stage, task.position);
                return None;
            }
            Outcome::Failed(reason) => reason,
        };
        turn.offer_all = true;
        if let Some(sentence) = final_failure(task, reason) {
            return Some(sentence);
        }
        if matches!(**reason, TaskEndReason::FetchFailed { .. }) {
            // The attempt of the stage is over; `dag` will submit another.
            self.drop_set(stage);
            return None;
        }
        let failures = set.on_failure(task.index, reason.counts_towards_task_failures());
        if failures >= self.max_failures {
            return Some(too_many_failures(task, reason, failures));
        }
        if set.put_back(task) {
            let executors = &self.executors;
            set.queue.add(task.index, |executor| executors.host(executor));
            self.after_change(stage);
        }
        None
    }
}

/// Failures after which no second try helps.
fn final_failure(task: &RunningTask, reason: &TaskEndReason) -> Option<String> {
    let TaskEndReason::ExceptionFailure { kind, message, .. } = reason else { return None };
    let RunningTask { id: TaskAttempt { stage, stage_attempt, attempt, task: tid, .. }, index, .. } = task;
    let name = format!("Task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {tid})");
    match kind {
        ExceptionKind::User => None,
        ExceptionKind::NotSerializable => {
            Some(format!("{name} had a not serializable result: {message}; not retrying"))
        }
        ExceptionKind::OutputExists => {
            Some(format!("{name} can not write to output file: {message}; not retrying"))
        }
    }
}

/// Spark's sentence, which tools look for.
fn too_many_failures(task: &RunningTask, reason: &TaskEndReason, failures: u32) -> String {
    let RunningTask { id, index, executor, host, .. } = task;
    let TaskAttempt { stage, stage_attempt, attempt, task: tid, .. } = id;
    format!(
        "Task {index} in stage {stage}.{stage_attempt} failed {failures} times, most recent failure: \
         Lost task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {tid}) ({host} executor {executor}): {reason}"
    )
}
