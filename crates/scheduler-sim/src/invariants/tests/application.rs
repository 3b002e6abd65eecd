//! Invariants about jobs, executors and the whole run, each of which fails here.

use super::*;

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
fn bounded_requests_sees_a_request_that_stays_when_the_bounds_move_away() {
    let mut plan = plan();
    plan.conf.executors = ExecutorsConf::Dynamic(AllocationConf { max: 4, ..AllocationConf::default() });
    let mut hand = Hand::new(&plan);
    hand.action(Action::RequestExecutors { total: 4 });
    hand.event(Event::ExecutorBoundsChanged { min: None, max: Some(2) });
    violates(hand.settle(), "bounded_requests");
    violates(hand.try_action(&Action::RequestExecutors { total: 3 }), "bounded_requests");
    hand.action(Action::RequestExecutors { total: 2 });
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

#[test]
fn let_go_sees_code_and_shuffles_that_are_kept_and_attempts_that_run_for_nobody() {
    let plan = plan();
    let look = Look { is_empty: true, ..Look::default() };
    let ends = Action::CompleteJob { job: JobId(0), result: JobResult::Failed("no".to_owned()) };
    let forget = |hand: &mut Hand<'_>| {
        for at in 0..plan.binaries(0).len() {
            let (stage, binary) = (StageId(at as u32), binary_id(0, at));
            hand.action(Action::ForgetStage { stage, binary });
        }
    };
    let mut hand = Hand::new(&plan);
    hand.action(ends.clone());
    violates(hand.invariants.on_rest(&look), "let_go");
    forget(&mut hand);
    hand.invariants.on_rest(&look).expect("all is let go of");

    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let id = hand.launched(0, 0, 0, 0, 0);
    let (executor, reason) = (ExecutorId(0), hearth_types::KillReason::StageCancelled);
    let kill = Action::KillTask { executor, id, reason };
    hand.action(hand.completed(0, 0, Some("no"))).action(ends);
    forget(&mut hand);
    violates(hand.settle(), "let_go");
    hand.action(kill.clone());
    violates(hand.try_action(&kill), "let_go");
    hand.settle().expect("the attempt was told to stop");
    hand.event(failed(id));
    violates(hand.try_action(&Action::RemoveShuffle { shuffle: ShuffleId(0) }), "let_go");
}

#[test]
fn registered_first_sees_a_start_before_there_are_enough_executors() {
    let mut plan = plan();
    plan.conf.executors = ExecutorsConf::Fixed { count: 3, slots: 2 };
    plan.conf.min_registered_ratio = 1.0;
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let id = TaskAttempt { stage: StageId(0), stage_attempt: 0, partition: 0, attempt: 0, task: TaskId(0) };
    hand.started(id, 0);
    let early = hand.launch(0, 0, 0, 0, 0);
    violates(hand.try_action(&early), "registered_first");
}

#[test]
fn bounded_requests_sees_the_removal_of_a_busy_executor_and_of_one_too_many() {
    let mut plan = plan();
    plan.conf.executors = ExecutorsConf::Dynamic(AllocationConf { min: 1, ..AllocationConf::default() });
    let mut hand = Hand::new(&plan);
    let removes = |executors: &[u32]| {
        let executors = executors.iter().map(|id| ExecutorId(*id)).collect();
        Action::RemoveExecutors { executors }
    };
    violates(hand.try_action(&removes(&[0, 1])), "bounded_requests");
    hand.action(hand.submitted(0, 0));
    hand.launched(0, 0, 0, 0, 0);
    violates(hand.try_action(&removes(&[0])), "bounded_requests");
    hand.action(removes(&[1]));
}
