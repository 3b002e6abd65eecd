//! The end of an attempt, on its way to the machines. Spark: `TaskResultGetter`, `TaskSetManager.canFetchMoreResults`.

use std::sync::Arc;

use hearth_types::{ExceptionKind, ExecutorId, KillReason, TaskAttempt, TaskEndReason, TaskMetrics};

use crate::judge::{Judgement, judge};
use crate::seam::{Outcome, Turn};
use crate::{Action, Scheduler, TaskEnd};

impl Scheduler {
    /// An executor says that an attempt ended. Returns the executor if that freed a slot.
    pub(crate) fn on_task_ended(
        &mut self,
        turn: &mut Turn,
        id: TaskAttempt,
        executor: ExecutorId,
        end: TaskEnd,
        metrics: Box<TaskMetrics>,
    ) -> Option<ExecutorId> {
        if judge(&self.dag, &self.tasks, id, Some(executor)) == Judgement::Unknown {
            self.stale_events += 1;
            return None;
        }
        let task = self.tasks.running(executor, id)?;
        let (is_map, position) = (task.is_map, task.position);
        let outcome = match end {
            TaskEnd::MapOutput { sizes, checksum } if is_map => Outcome::MapOutput { sizes, checksum },
            TaskEnd::Result { size } if !is_map => match self.admit(id, position, size) {
                Admission::Wanted | Admission::Superfluous => Outcome::Result,
                Admission::TooLarge(message) => {
                    self.on_result_refused(turn, id, executor, metrics, message);
                    return Some(executor);
                }
            },
            TaskEnd::IndirectResult { size } if !is_map => match self.admit(id, position, size) {
                Admission::Wanted => {
                    self.tasks.on_fetching(turn, id, executor, metrics);
                    turn.actions.push(Action::FetchResult { executor, id });
                    return Some(executor);
                }
                // Ends here and is not read.
                Admission::Superfluous => Outcome::Result,
                Admission::TooLarge(message) => {
                    self.on_result_refused(turn, id, executor, metrics, message);
                    return Some(executor);
                }
            },
            TaskEnd::Failed(reason) => Outcome::Failed(reason),
            TaskEnd::MapOutput { .. } | TaskEnd::Result { .. } | TaskEnd::IndirectResult { .. } => {
                Outcome::Failed(Arc::new(wrong_kind(is_map)))
            }
        };
        self.tasks.on_ended(turn, id, executor, outcome, metrics);
        Some(executor)
    }

    /// The driver has read a large result, or could not.
    pub(crate) fn on_result_read(&mut self, turn: &mut Turn, id: TaskAttempt, outcome: Outcome) {
        if judge(&self.dag, &self.tasks, id, None) == Judgement::Unknown {
            self.stale_events += 1;
            return;
        }
        self.tasks.on_read(turn, id, outcome);
    }

    fn admit(&mut self, id: TaskAttempt, position: u32, size: u64) -> Admission {
        if !self.dag.wants_result(id, position) {
            return Admission::Superfluous;
        }
        match self.dag.admit_result(id.stage, size) {
            Ok(()) => Admission::Wanted,
            Err(message) => Admission::TooLarge(message),
        }
    }

    fn on_result_refused(
        &mut self,
        turn: &mut Turn,
        id: TaskAttempt,
        executor: ExecutorId,
        metrics: Box<TaskMetrics>,
        message: String,
    ) {
        let words = KillReason::Asked("Tasks result size has exceeded maxResultSize".to_owned());
        let outcome = Outcome::Failed(Arc::new(TaskEndReason::TaskKilled(words)));
        self.tasks.on_ended(turn, id, executor, outcome, metrics);
        self.tasks.give_up(turn, id.stage, message);
    }
}

/// What to do with a result, by its size.
#[derive(Debug)]
enum Admission {
    Wanted,
    /// Another attempt was first, or the job is over.
    Superfluous,
    TooLarge(String),
}

/// A result from a map task or a map output from a result task: the executor is out of its mind.
fn wrong_kind(is_map: bool) -> TaskEndReason {
    let (made, wanted) = if is_map { ("a result", "a map output") } else { ("a map output", "a result") };
    TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: format!("the executor reported {made} where {wanted} was asked for"),
        backtrace: String::new(),
    }
}
