//! Invariants about stages and task attempts, each of which fails here.

use super::*;

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

    let mut plan = super::plan();
    plan.conf.executors = ExecutorsConf::Dynamic(AllocationConf::default());
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
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
fn paired_events_sees_silent_launches_second_ends_and_missing_ends() {
    let plan = plan();
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let silent = hand.launch(0, 0, 0, 0, 0);
    violates(hand.try_action(&silent), "paired_events");
    let mut hand = Hand::new(&plan);
    hand.action(hand.submitted(0, 0));
    let id = hand.launched(0, 0, 0, 0, 0);
    let end = Action::Post(ListenerEvent::TaskEnd {
        stage: id.stage,
        stage_attempt: 0,
        is_map: true,
        reason: TaskEndReason::Success,
        task: task_info(id, 0),
        metrics: Box::new(TaskMetrics::default()),
    });
    hand.action(end.clone());
    violates(hand.try_action(&end), "paired_events");
    let job = JobId(0);
    let starts = ListenerEvent::JobStart {
        job,
        time: START,
        stages: Vec::new(),
        properties: JobProperties::default(),
    };
    hand.action(Action::Post(starts));
    let result = JobResult::Failed("no".to_owned());
    violates(hand.try_action(&Action::CompleteJob { job, result }), "paired_events");
}
