//! The end of an attempt: success, another try, or the end of its task set.
//! Spark: `TaskSetManager.handleSuccessfulTask` and `handleFailedTask`.

use std::sync::Arc;

use hearth_types::{
    ExceptionKind, ExecutorId, ListenerEvent, StageId, TaskAttempt, TaskEndReason, TaskMetrics, TaskStatus,
};

use super::TaskScheduler;
use crate::seam::{Ended, Outcome, Place, Report, RunningTask, Turn};

impl TaskScheduler {
    /// A running attempt ended. Reports it, and its task set if that is given up now.
    pub(crate) fn on_ended(
        &mut self,
        turn: &mut Turn,
        id: TaskAttempt,
        executor: ExecutorId,
        outcome: Outcome,
        metrics: Box<TaskMetrics>,
    ) {
        if let Some((task, place)) = self.executors.on_ended(executor, id.task) {
            self.conclude(turn, task, place, outcome, metrics);
        }
    }

    /// The driver has read the large result of an attempt, or could not: it ended when it stored it.
    pub(crate) fn on_read(&mut self, turn: &mut Turn, id: TaskAttempt, outcome: Outcome) {
        let ended =
            self.executors.reading(id.task).and_then(|executor| self.executors.on_ended(executor, id.task));
        if let Some((mut task, place)) = ended {
            let metrics = take_stored_metrics(&mut task);
            self.conclude(turn, task, place, outcome, metrics);
        }
    }

    /// Settles an attempt that no executor has any more.
    pub(super) fn conclude(
        &mut self,
        turn: &mut Turn,
        task: RunningTask,
        place: Place,
        outcome: Outcome,
        metrics: Box<TaskMetrics>,
    ) {
        let id = task.id;
        let current = self.is_current(id);
        self.pools.on_ended(task.pool);
        if !self.strays.is_empty() {
            self.strays.remove(&(id.stage, task.position, id.task));
        }
        let given_up = if current { self.settle(turn, &task, &place, &outcome, &metrics) } else { None };
        turn.reports.push_back(Report::Ended(Ended {
            task,
            place,
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
    pub(crate) fn on_fetching(
        &mut self,
        turn: &mut Turn,
        id: TaskAttempt,
        executor: ExecutorId,
        metrics: Box<TaskMetrics>,
    ) {
        self.executors.on_reading(executor, id.task, turn.now, metrics);
        let Some(place) = self.executors.place(executor) else { return };
        let Some(task) = self.executors.task(executor, id.task) else { return };
        let info = task.info(place, TaskStatus::Running, None);
        turn.post(ListenerEvent::TaskGettingResult { task: info });
    }

    /// Gives the active task set of a stage up.
    pub(crate) fn give_up(&mut self, turn: &mut Turn, stage: StageId, message: String) {
        self.drop_set(stage);
        turn.reports.push_back(Report::TaskSetFailed { stage, message });
    }

    /// What the end of an attempt means for its active set. Returns why the set is given up, if it is.
    fn settle(
        &mut self,
        turn: &mut Turn,
        task: &RunningTask,
        place: &Place,
        outcome: &Outcome,
        metrics: &TaskMetrics,
    ) -> Option<String> {
        let stage = task.id.stage;
        let set = self.sets.get_mut(&stage)?;
        set.on_ended();
        let reason: &Arc<TaskEndReason> = match outcome {
            Outcome::MapOutput { .. } | Outcome::Result => {
                set.on_success(task, place.executor, turn.now, metrics.executor_run_micros);
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
            return Some(too_many_failures(task, place, reason, failures));
        }
        if set.put_back(task) {
            let executors = &self.executors;
            set.queue.add(task.index, |executor| executors.host(executor));
            self.after_change(stage);
        }
        None
    }
}

/// What an attempt measured whose result was being read; nothing for another.
pub(super) fn take_stored_metrics(task: &mut RunningTask) -> Box<TaskMetrics> {
    task.reading.as_mut().map(|reading| std::mem::take(&mut reading.metrics)).unwrap_or_default()
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
fn too_many_failures(task: &RunningTask, place: &Place, reason: &TaskEndReason, failures: u32) -> String {
    let RunningTask { id, index, .. } = task;
    let Place { executor, host } = place;
    let TaskAttempt { stage, stage_attempt, attempt, task: tid, .. } = id;
    format!(
        "Task {index} in stage {stage}.{stage_attempt} failed {failures} times, most recent failure: \
         Lost task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {tid}) ({host} executor {executor}): {reason}"
    )
}
