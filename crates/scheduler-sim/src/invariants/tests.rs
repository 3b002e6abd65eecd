//! An invariant that cannot fail is a defect: here each fails.

use std::sync::Arc;
use std::time::Duration;

use hearth_scheduler::{Action, CancelTarget, Event, JobResult, TaskEnd};
use hearth_types::{
    ExceptionKind, ExecutorId, ExecutorLossReason, HostName, JobId, JobProperties, ListenerEvent, MapSizes,
    MapStatus, ShuffleId, StageId, StageInfo, StageKind, StorageLevel, TaskAttempt, TaskBinaryId,
    TaskDescription, TaskEndReason, TaskId, TaskLocality, TaskMetrics, Timestamp,
};

use super::{GIVEN_UP, Invariants, Look, Violation};
use crate::plan::{Plan, binary_id};
use crate::world::START;

/// A plan whose job 0 has a map stage that reads nothing, and a reader of it that has at least one partition.
fn plan() -> Plan {
    let fits = |plan: &Plan| {
        let binaries = plan.binaries(0);
        let first = plan.lineage.shuffles().first().map(|of| of.parent);
        let is_map = matches!(binaries.first().map(|of| &of.kind), Some(StageKind::ShuffleMap { .. }));
        is_map
            && first.is_some_and(|parent| {
                plan.maps(ShuffleId(0)) > 0 && plan.lineage.shuffles_of(parent).is_empty()
            })
            && plan.lineage.shuffles_of(plan.jobs[0].rdd) == [ShuffleId(0)]
            && !plan.jobs[0].partitions.is_empty()
            && plan.lineage.rdds().iter().all(|rdd| !rdd.storage_level.is_valid())
    };
    let mut plan = (0..10_000).map(Plan::from_seed).find(fits).expect("some seed has such a job");
    plan.conf.launch_ahead = Duration::ZERO;
    plan.conf.task_max_failures = 2;
    plan.conf.stage_max_consecutive_attempts = 2;
    plan
}

/// Feeds a run by hand; the last step must violate the invariant of that name.
struct Hand<'p> {
    plan: &'p Plan,
    invariants: Invariants<'p>,
    tasks: u64,
}

impl<'p> Hand<'p> {
    /// One job, and two executors of two slots.
    fn new(plan: &'p Plan) -> Self {
        let mut hand = Self { plan, invariants: Invariants::new(plan), tasks: 0 };
        for executor in [ExecutorId(0), ExecutorId(1)] {
            hand.event(Event::ExecutorRegistered {
                executor,
                host: HostName::new("host"),
                slots: 2,
                block_address: String::new(),
                max_memory: 1,
            });
        }
        let job = &plan.jobs[0];
        let graph = plan.lineage.graph(
            job.rdd,
            job.partitions.clone(),
            |at| binary_id(0, at),
            |_| StorageLevel::NONE,
        );
        hand.event(Event::JobSubmitted {
            job: JobId(0),
            graph: graph.expect("the plan's graphs are valid"),
            properties: JobProperties::default(),
        });
        hand
    }

    fn try_event(&mut self, event: &Event) -> Result<(), Violation> {
        self.invariants.on_event(START, event)
    }

    fn event(&mut self, event: Event) -> &mut Self {
        self.try_event(&event).expect("nothing is wrong yet");
        self
    }

    fn try_action(&mut self, action: &Action) -> Result<(), Violation> {
        self.invariants.on_action(action)
    }

    fn action(&mut self, action: Action) -> &mut Self {
        self.try_action(&action).expect("nothing is wrong yet");
        self
    }

    fn settle(&mut self) -> Result<(), Violation> {
        let look = Look { is_empty: true, ..Look::default() };
        self.invariants.on_settled(&look)
    }

    fn stage_info(&self, stage: u32, attempt: u32, failure_reason: Option<&str>) -> StageInfo {
        let rdd = self.plan.binaries(0)[stage as usize].rdd;
        StageInfo {
            stage: StageId(stage),
            attempt,
            name: String::new(),
            tasks: 1,
            rdds: Arc::new([self.plan.lineage.rdds()[rdd.0 as usize].clone()]),
            parents: Vec::new(),
            submission_time: None,
            completion_time: None,
            failure_reason: failure_reason.map(str::to_owned),
        }
    }

    fn submitted(&self, stage: u32, attempt: u32) -> Action {
        let stage = self.stage_info(stage, attempt, None);
        Action::Post(ListenerEvent::StageSubmitted { stage, properties: JobProperties::default() })
    }

    fn completed(&self, stage: u32, attempt: u32, failure: Option<&str>) -> Action {
        Action::Post(ListenerEvent::StageCompleted { stage: self.stage_info(stage, attempt, failure) })
    }

    fn launch(
        &mut self,
        executor: u32,
        stage: u32,
        stage_attempt: u32,
        partition: u32,
        attempt: u32,
    ) -> Action {
        let task = TaskId(self.tasks);
        self.tasks += 1;
        let id = TaskAttempt { stage: StageId(stage), stage_attempt, partition, attempt, task };
        let task = TaskDescription {
            id,
            index: partition,
            job: JobId(0),
            binary: TaskBinaryId(u64::from(stage)),
            epoch: 0,
            locality: TaskLocality::Any,
        };
        Action::LaunchTask { executor: ExecutorId(executor), task }
    }

    /// Launches and says which attempt that was.
    fn launched(
        &mut self,
        executor: u32,
        stage: u32,
        stage_attempt: u32,
        partition: u32,
        attempt: u32,
    ) -> TaskAttempt {
        let action = self.launch(executor, stage, stage_attempt, partition, attempt);
        let Action::LaunchTask { task, .. } = &action else { unreachable!("launch makes launches") };
        let id = task.id;
        self.action(action);
        id
    }
}

fn ended(id: TaskAttempt, executor: u32, end: TaskEnd) -> Event {
    Event::TaskEnded { id, executor: ExecutorId(executor), end, metrics: Box::new(TaskMetrics::default()) }
}

fn failed(id: TaskAttempt) -> Event {
    let kind = ExceptionKind::User;
    let reason = TaskEndReason::ExceptionFailure { kind, message: "no".to_owned(), backtrace: String::new() };
    ended(id, 0, TaskEnd::Failed(Arc::new(reason)))
}

fn made_output(id: TaskAttempt, executor: u32) -> Event {
    ended(id, executor, TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&[1]) })
}

fn lost(executor: u32) -> Event {
    Event::ExecutorLost { executor: ExecutorId(executor), reason: ExecutorLossReason::Removed }
}

#[track_caller]
fn violates(result: Result<(), Violation>, name: &str) {
    assert_eq!(result.expect_err("this must not pass").invariant, name);
}

#[test]
fn slots_sees_a_third_task_on_two_slots() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    hand.launched(0, 0, 0, 0, 0);
    hand.launched(0, 0, 0, 1, 0);
    let third = hand.launch(0, 0, 0, 2, 0);
    violates(hand.try_action(&third), "slots");
}

#[test]
fn live_target_sees_a_launch_on_an_executor_that_is_unknown_lost_or_leaving() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let launch = hand.launch(7, 0, 0, 0, 0);
    violates(hand.try_action(&launch), "live_target");
    hand.event(lost(0));
    let launch = hand.launch(0, 0, 0, 0, 0);
    violates(hand.try_action(&launch), "live_target");
    hand.action(Action::RemoveExecutors { executors: vec![ExecutorId(1)] });
    let launch = hand.launch(1, 0, 0, 0, 0);
    violates(hand.try_action(&launch), "live_target");
}

#[test]
fn parents_first_sees_a_stage_that_starts_before_its_parents_are_done_or_after_their_outputs_died() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    let reader = hand.submitted(1, 0);
    violates(hand.try_action(&reader), "parents_first");
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    for partition in 0..plan.maps(ShuffleId(0)) {
        let id = hand.launched(0, 0, 0, partition, 0);
        hand.event(made_output(id, 0));
    }
    hand.action(hand.completed(0, 0, None)).event(lost(0));
    violates(hand.try_action(&reader), "parents_first");
}

#[test]
fn one_commit_sees_a_second_permission_and_a_question_without_answer() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let (first, second) = (hand.launched(0, 0, 0, 0, 0), hand.launched(1, 0, 0, 0, 1));
    let asks = |id| Event::CommitRequested { id, executor: ExecutorId(0) };
    let yes = |id| Action::AnswerCommit { executor: ExecutorId(0), id, allowed: true };
    hand.event(asks(first)).action(yes(first)).event(asks(second));
    violates(hand.try_action(&yes(second)), "one_commit");
    hand.event(asks(second));
    violates(hand.settle(), "one_commit");
    hand.event(failed(first)).event(asks(first));
    violates(hand.try_action(&yes(first)), "one_commit");
    hand.event(asks(second)).action(yes(second));
}

#[test]
fn no_ghost_output_sees_outputs_of_lost_executors_and_of_tasks_that_made_none() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let id = hand.launched(0, 0, 0, 0, 0);
    let shuffle = ShuffleId(0);
    let status = MapStatus { executor: ExecutorId(0), map_task: id.task, sizes: MapSizes::from_bytes(&[1]) };
    let look = Look { is_empty: false, outputs: vec![(shuffle, 0, status.clone())], ..Look::default() };
    violates(hand.invariants.on_settled(&look), "no_ghost_output");
    hand.event(made_output(id, 0));
    hand.invariants.on_settled(&look).expect("the output is there");
    hand.event(lost(0));
    violates(hand.invariants.on_settled(&look), "no_ghost_output");
    let mut hand_of_reader = Hand::new(&plan);
    hand_of_reader.action(hand_of_reader.submitted(0, 0));
    let (maker, reader) = (hand_of_reader.launched(0, 0, 0, 0, 0), hand_of_reader.launched(1, 0, 0, 1, 0));
    let (from, message) = (Some(ExecutorId(0)), String::new());
    let reason = TaskEndReason::FetchFailed { shuffle, map_index: Some(0), reduce: 0, from, message };
    hand_of_reader.event(made_output(maker, 0));
    hand_of_reader.invariants.on_settled(&look).expect("the output is there");
    hand_of_reader.event(ended(reader, 1, TaskEnd::Failed(Arc::new(reason))));
    violates(hand_of_reader.invariants.on_settled(&look), "no_ghost_output");
    let mut outputs = vec![None; plan.maps(shuffle) as usize];
    outputs[0] = Some(status);
    let answer =
        Action::SendMapOutputs { executor: ExecutorId(1), shuffle, epoch: 1, outputs: outputs.into() };
    violates(hand.try_action(&answer), "no_ghost_output");
}

#[test]
fn max_failures_sees_a_launch_too_many_and_a_job_that_is_given_up_too_early() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let first = hand.launched(0, 0, 0, 0, 0);
    hand.event(failed(first)).event(failed(first));
    let why = "Job aborted due to stage failure: Task 0 in stage 0.0 failed 2 times, most recent failure: no";
    let ends = Action::CompleteJob { job: JobId(0), result: JobResult::Failed(why.to_owned()) };
    violates(hand.try_action(&ends), "max_failures");
    let second = hand.launched(0, 0, 0, 0, 1);
    hand.event(failed(second));
    let third = hand.launch(0, 0, 0, 0, 2);
    violates(hand.try_action(&third), "max_failures");
}

#[test]
fn stage_attempts_sees_an_attempt_too_many_and_a_stage_that_is_given_up_too_early() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    let shuffle = ShuffleId(0);
    let reason = TaskEndReason::FetchFailed {
        shuffle,
        map_index: None,
        reduce: 0,
        from: None,
        message: String::new(),
    };
    let reason = Arc::new(reason);
    for attempt in 0..2 {
        let why = format!("stage 0 {GIVEN_UP}: 2");
        let ends = Action::CompleteJob { job: JobId(0), result: JobResult::Failed(why) };
        violates(hand.try_action(&ends), "stage_attempts");
        hand.action(hand.submitted(0, attempt));
        let id = hand.launched(0, 0, attempt, 0, 0);
        hand.event(ended(id, 0, TaskEnd::Failed(Arc::clone(&reason))));
        hand.action(hand.completed(0, attempt, Some("fetch failed")));
    }
    let third = hand.submitted(0, 2);
    violates(hand.try_action(&third), "stage_attempts");
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    hand.action(hand.completed(0, 0, Some("no reason")));
    let third = hand.submitted(0, 1);
    violates(hand.try_action(&third), "stage_attempts");
}

#[test]
fn one_result_sees_second_ends_missing_results_second_results_and_cancellations_that_nobody_asked_for() {
    let plan = plan();
    let ends = |result| Action::CompleteJob { job: JobId(0), result };
    let mut hand = Hand::new(&plan);
    violates(hand.try_action(&ends(JobResult::Succeeded)), "one_result");
    violates(hand.try_action(&ends(JobResult::Cancelled(String::new()))), "one_result");
    hand.event(Event::JobsCancelled { which: CancelTarget::All, reason: String::new() });
    violates(hand.settle(), "one_result");
    hand.action(ends(JobResult::Cancelled(String::new())));
    violates(hand.try_action(&ends(JobResult::Succeeded)), "one_result");
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let id = hand.launched(0, 0, 0, 0, 0);
    let accept = Action::AcceptTask { id, deliver: Some((JobId(0), 0)) };
    hand.action(accept.clone());
    violates(hand.try_action(&accept), "one_result");
    hand.action(ends(JobResult::Failed("no".to_owned())));
    violates(hand.try_action(&accept), "one_result");
}

#[test]
fn forward_only_sees_stages_attempts_tasks_epochs_and_time_go_back() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    let unsubmitted = hand.launch(0, 0, 0, 0, 0);
    violates(hand.try_action(&unsubmitted), "forward_only");
    hand.action(hand.submitted(0, 0));
    let again = hand.submitted(0, 0);
    violates(hand.try_action(&again), "forward_only");
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let skipped = hand.launch(0, 0, 0, 0, 1);
    violates(hand.try_action(&skipped), "forward_only");
    hand.action(hand.completed(0, 0, None));
    let over = hand.launch(0, 0, 0, 0, 0);
    violates(hand.try_action(&over), "forward_only");
    let look = |epoch| Look { is_empty: true, epoch, ..Look::default() };
    let mut hand = Hand::new(&plan);
    hand.action(Action::CompleteJob { job: JobId(0), result: JobResult::Failed("no".to_owned()) });
    hand.invariants.on_settled(&look(3)).expect("epochs may grow");
    violates(hand.invariants.on_settled(&look(2)), "forward_only");
    violates(hand.invariants.on_event(Timestamp(0), &Event::Timeout), "forward_only");
}

#[test]
fn bounded_requests_sees_a_request_beyond_the_maximum() {
    let plan = plan();
    violates(Hand::new(&plan).try_action(&Action::RequestExecutors { total: 1_000 }), "bounded_requests");
}

#[test]
fn clean_end_sees_remains_without_a_job_and_outputs_after_the_program_let_go() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(Action::CompleteJob { job: JobId(0), result: JobResult::Failed("no".to_owned()) });
    violates(hand.invariants.on_settled(&Look::default()), "clean_end");
    let look = Look { is_empty: true, running: 1, ..Look::default() };
    violates(hand.invariants.on_rest(&look), "clean_end");
}

#[test]
fn progress_sees_a_job_that_never_ends() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    let late = START + plan.deadline() + Duration::from_secs(1);
    violates(hand.invariants.on_event(late, &Event::Timeout), "progress");
    let mut hand = Hand::new(&plan);
    violates(hand.invariants.on_rest(&Look { is_empty: true, ..Look::default() }), "progress");
}

#[test]
fn abandoned_sees_an_executor_given_up_that_has_just_spoken() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    let gives_up = Action::AbandonExecutor { executor: ExecutorId(0) };
    violates(hand.try_action(&gives_up), "abandoned");
    hand.invariants.on_event(START + plan.conf.executor_timeout, &Event::Timeout).expect("time passes");
    hand.action(gives_up);
}
