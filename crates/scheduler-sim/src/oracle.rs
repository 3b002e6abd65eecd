//! Knows every right answer, and which jobs had a reason to fail.

use std::collections::BTreeMap;

use hearth_scheduler::{Action, Event, JobResult, TaskEnd};
use hearth_types::{ExceptionKind, JobId, TaskAttempt, TaskEndReason};

use crate::content::{Content, MadeOf};
use crate::invariants::{GIVEN_UP, Seen, Violation};
use crate::plan::Plan;
use crate::program::Program;

/// Compares what is delivered with what the plan says.
#[derive(Debug, Default)]
pub struct Oracle {
    offered: Option<(TaskAttempt, Option<Content>)>,
    delivered: BTreeMap<JobId, MadeOf>,
    result_bytes: BTreeMap<usize, u64>,
    final_failure: bool,
    has_varied: bool,
}

impl Oracle {
    /// The driver learns of a task's end; a result's content comes along.
    pub fn on_event(&mut self, plan: &Plan, seen: &Seen, event: &Event, content: Option<Content>) {
        self.offered = None;
        match event {
            Event::TaskEnded { id, end, .. } => match end {
                TaskEnd::MapOutput { checksum, .. } => {
                    self.has_varied |= *checksum > 0;
                    self.offered = Some((*id, None));
                }
                TaskEnd::Result { size } => {
                    self.count(plan, seen, *id, *size);
                    self.offered = Some((*id, content));
                }
                TaskEnd::IndirectResult { size } => self.count(plan, seen, *id, *size),
                TaskEnd::Failed(reason) => {
                    if let TaskEndReason::ExceptionFailure { kind, .. } = &**reason {
                        self.final_failure |= *kind != ExceptionKind::User;
                    }
                }
            },
            Event::ResultFetched { id } => self.offered = Some((*id, content)),
            _ => {}
        }
    }

    fn count(&mut self, plan: &Plan, seen: &Seen, id: TaskAttempt, size: u64) {
        let binary = seen.tasks.get(&id.task).and_then(|task| plan.binary(task.binary));
        if let Some(binary) = binary {
            *self.result_bytes.entry(binary.job).or_default() += size;
        }
    }

    /// The scheduler wants something.
    pub fn on_action(&mut self, plan: &Plan, program: &Program, action: &Action) -> Result<(), Violation> {
        match action {
            Action::AcceptTask { id, deliver } => self.on_accept(plan, program, *id, *deliver),
            Action::CompleteJob { job, result: JobResult::Failed(why) } => {
                self.on_failure(plan, program, *job, why)
            }
            _ => Ok(()),
        }
    }

    fn on_accept(
        &mut self,
        plan: &Plan,
        program: &Program,
        id: TaskAttempt,
        deliver: Option<(JobId, u32)>,
    ) -> Result<(), Violation> {
        let Some((_, content)) = self.offered.take_if(|(offered, _)| *offered == id) else {
            return Err(right_answer(format!("{id} is accepted, but it has not just ended well")));
        };
        let Some((job, at)) = deliver else { return Ok(()) };
        let planned = program.planned(job).and_then(|at| plan.jobs.get(at));
        let expected = planned.and_then(|planned| {
            let partition = *planned.partitions.get(at as usize)?;
            Some(plan.lineage.content(planned.rdd, partition))
        });
        let number = content.as_ref().map(|content| content.number);
        if expected.is_none() || expected != number {
            return Err(right_answer(format!(
                "{id} answers {at} of job {job} with {number:x?}, not {expected:x?}"
            )));
        }
        let delivered = self.delivered.entry(job).or_default();
        delivered.add(&content.unwrap_or_else(|| Content::of(0)).made_of);
        match delivered.mixed() {
            Some((shuffle, map)) => Err(one_version(format!(
                "with {id}, job {job} has results of two outputs {map} of shuffle {shuffle}"
            ))),
            None => Ok(()),
        }
    }

    fn on_failure(&self, plan: &Plan, program: &Program, job: JobId, why: &str) -> Result<(), Violation> {
        let at = program.planned(job);
        let probe = at.and_then(|at| plan.jobs.get(at)).is_some_and(|planned| planned.is_probe);
        let result_bytes = at.and_then(|at| self.result_bytes.get(&at)).copied().unwrap_or(0);
        let too_large = plan.conf.max_result_size.is_some_and(|most| result_bytes > most);
        if why.contains("spark.driver.maxResultSize") {
            return if too_large { Ok(()) } else { Err(fair_failure(job, why)) };
        }
        if why.contains("not serializable") || why.contains("thrown") && !why.contains(" times") {
            return if self.final_failure { Ok(()) } else { Err(fair_failure(job, why)) };
        }
        if why.contains("cannot rollback") {
            return if self.has_varied { Ok(()) } else { Err(fair_failure(job, why)) };
        }
        let counted = why.contains(" times, most recent failure") || why.contains(GIVEN_UP);
        if probe || !counted { Err(fair_failure(job, why)) } else { Ok(()) }
    }
}

/// The name of the oracle's first sentence, and the sentence.
pub const RIGHT_ANSWER: (&str, &str) =
    ("right_answer", "each result that is delivered is the one that the plan says");

/// The name of the oracle's sentence about outputs that vary, and the sentence.
pub const ONE_VERSION: (&str, &str) =
    ("one_version", "no job has results of two outputs of one map partition that differ");

/// The name of the oracle's last sentence, and the sentence.
pub const FAIR_FAILURE: (&str, &str) =
    ("fair_failure", "a job fails only for a reason that Spark knows, and without faults it does not fail");

fn right_answer(detail: String) -> Violation {
    Violation { invariant: RIGHT_ANSWER.0, sentence: RIGHT_ANSWER.1, detail }
}

fn one_version(detail: String) -> Violation {
    Violation { invariant: ONE_VERSION.0, sentence: ONE_VERSION.1, detail }
}

fn fair_failure(job: JobId, why: &str) -> Violation {
    Violation { invariant: FAIR_FAILURE.0, sentence: FAIR_FAILURE.1, detail: format!("job {job}: {why}") }
}

#[cfg(test)]
mod tests {
    use hearth_types::{StageId, TaskId, TaskMetrics};

    use super::*;
    use crate::plan::JobPlan;

    /// A plan whose first job has a result, its first result, and an attempt that may have made it.
    fn with_job(check: impl FnOnce(&Plan, &Program, u64, TaskAttempt)) {
        let has_result = |plan: &Plan| plan.jobs.first().is_some_and(|job| !job.partitions.is_empty());
        let plan = (0..100).map(Plan::from_seed).find(has_result).expect("some seed has a job with results");
        let mut program = Program::new(&plan);
        program.submit(&plan, 0).expect("the first job can be submitted");
        let JobPlan { rdd, partitions, .. } = &plan.jobs[0];
        let (stage, task) = (StageId(0), TaskId(0));
        let id = TaskAttempt { stage, stage_attempt: 0, partition: partitions[0], attempt: 0, task };
        check(&plan, &program, plan.lineage.content(*rdd, partitions[0]), id);
    }

    fn result(id: TaskAttempt) -> Event {
        let (executor, end) = (hearth_types::ExecutorId(0), TaskEnd::Result { size: 1 });
        Event::TaskEnded { id, executor, end, metrics: Box::new(TaskMetrics::default()) }
    }

    #[test]
    fn only_the_planned_content_of_the_attempt_that_just_ended_is_a_right_answer() {
        with_job(|plan, program, content, id| {
            let accept = Action::AcceptTask { id, deliver: Some((JobId(0), 0)) };
            let mut oracle = Oracle::default();
            assert!(oracle.on_action(plan, program, &accept).is_err());
            oracle.on_event(plan, &Seen::default(), &result(id), Some(Content::of(content ^ 1)));
            assert!(oracle.on_action(plan, program, &accept).is_err());
            oracle.on_event(plan, &Seen::default(), &result(id), Some(Content::of(content)));
            assert_eq!(oracle.on_action(plan, program, &accept), Ok(()));
            oracle.on_event(plan, &Seen::default(), &Event::Timeout, None);
            assert!(oracle.on_action(plan, program, &accept).is_err());
        });
    }

    #[test]
    fn a_failure_needs_a_reason_that_was_seen() {
        with_job(|plan, program, _, _| {
            let mut oracle = Oracle::default();
            let mut fails = |why: &str| {
                let result = JobResult::Failed(why.to_owned());
                oracle.on_action(plan, program, &Action::CompleteJob { job: JobId(0), result })
            };
            assert!(fails("bad luck").is_err());
            assert!(fails("However, Hearth cannot rollback the ResultStage").is_err());
            assert!(fails("the result is not serializable").is_err());
            assert!(fails("bigger than spark.driver.maxResultSize").is_err());
            assert_eq!(fails("Task 0 in stage 0.0 failed 4 times, most recent failure: thrown"), Ok(()));
        });
    }
}
