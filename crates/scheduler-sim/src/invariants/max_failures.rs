//! A task fails at most `spark.task.maxFailures` times; fetch failures and kills do not count.
//!
//! Two counts are kept: failures that must count, and failures that may.
//! A task that was launched ahead may never have started when its executor died, so there the two differ.

use std::collections::BTreeMap;

use hearth_scheduler::{Action, Event, JobResult, TaskEnd};
use hearth_types::{ExecutorId, ListenerEvent, TaskAttempt, TaskEndReason};

use super::{Check, Invariant, Seen, require};
use crate::plan::Plan;

/// Counts failures of each task.
#[derive(Debug)]
pub(super) struct FailuresAreCounted {
    most: u32,
    launches_ahead: bool,
    failures: BTreeMap<(u32, u32, u32), Failures>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    surely: u32,
    at_most: u32,
}

impl FailuresAreCounted {
    pub(super) fn new(plan: &Plan) -> Self {
        let conf = &plan.conf;
        let launches_ahead = !conf.launch_ahead.is_zero();
        Self { most: conf.task_max_failures, launches_ahead, failures: BTreeMap::new() }
    }

    fn count(&mut self, id: TaskAttempt, surely: bool) {
        let failures = self.failures.entry((id.stage.0, id.stage_attempt, id.partition)).or_default();
        failures.at_most += 1;
        failures.surely += u32::from(surely);
    }

    /// A success clears the count, as in Spark: a task that runs again because its output died starts afresh.
    fn reset(&mut self, id: TaskAttempt) {
        let of_stage = self.failures.range_mut((id.stage.0, 0, 0)..=(id.stage.0, u32::MAX, u32::MAX));
        for ((_, stage_attempt, _), failures) in
            of_stage.filter(|((.., partition), _)| *partition == id.partition)
        {
            failures.surely = 0;
            if *stage_attempt == id.stage_attempt {
                failures.at_most = 0;
            }
        }
    }

    fn lose(&mut self, seen: &Seen, executor: ExecutorId) {
        // A result that is being fetched may be counted as lost with its executor, and again when the fetch fails.
        let of = seen.tasks.values().filter(|task| task.executor == executor);
        for task in of.filter(|_| seen.is_alive(executor)) {
            let surely = task.end.is_none() && !self.launches_ahead;
            self.count(task.id, surely);
        }
    }
}

impl Invariant for FailuresAreCounted {
    fn name(&self) -> &'static str {
        "max_failures"
    }

    fn sentence(&self) -> &'static str {
        "a task fails at most spark.task.maxFailures times; fetch failures and kills do not count"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        match event {
            Event::TaskEnded { id, end: TaskEnd::Failed(reason), .. }
                if seen.is_open(id.task) && reason.counts_towards_task_failures() =>
            {
                self.count(*id, true);
            }
            Event::TaskEnded { id, end: TaskEnd::MapOutput { .. } | TaskEnd::Result { .. }, .. }
                if seen.is_open(id.task) =>
            {
                self.reset(*id);
            }
            Event::ResultFetched { id } if seen.is_stored(id.task) => self.reset(*id),
            Event::ResultLost { id } if seen.is_stored(id.task) => self.count(*id, true),
            Event::ExecutorLost { executor, reason } if reason.is_caused_by_app() => {
                self.lose(seen, *executor)
            }
            _ => {}
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        match action {
            // A silent executor is given up without an event.
            Action::Post(ListenerEvent::TaskEnd { stage, stage_attempt, reason, task, .. })
                if matches!(reason, TaskEndReason::ExecutorLost { .. }) && seen.is_alive(task.executor) =>
            {
                let (partition, attempt, task) = (task.partition, task.attempt, task.task);
                let id =
                    TaskAttempt { stage: *stage, stage_attempt: *stage_attempt, partition, attempt, task };
                self.count(id, !self.launches_ahead);
            }
            Action::LaunchTask { task, .. } => {
                let key = (task.id.stage.0, task.id.stage_attempt, task.id.partition);
                let failures = self.failures.get(&key).copied().unwrap_or_default();
                return require(failures.surely < self.most, || {
                    format!(
                        "{} is launched after {} failures, {} are allowed",
                        task.id, failures.surely, self.most
                    )
                });
            }
            Action::CompleteJob { job, result: JobResult::Failed(why) } => {
                if let Some((stage, attempt, times)) = task_failure(why) {
                    let of_attempt = self.failures.range((stage, attempt, 0)..=(stage, attempt, u32::MAX));
                    let counted = of_attempt.map(|(_, failures)| failures.at_most).max().unwrap_or(0);
                    require(times == self.most && counted >= self.most, || {
                        format!(
                            "job {job} is given up after {counted} failures, {} are allowed: {why}",
                            self.most
                        )
                    })?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads Spark's sentence `Task 3 in stage 1.0 failed 4 times`: stage, stage attempt, times.
fn task_failure(why: &str) -> Option<(u32, u32, u32)> {
    let (_, rest) = why.split_once(" in stage ")?;
    let (stage, rest) = rest.split_once(" failed ")?;
    let (times, _) = rest.split_once(" times")?;
    let (stage, attempt) = stage.split_once('.')?;
    Some((stage.parse().ok()?, attempt.parse().ok()?, times.parse().ok()?))
}
