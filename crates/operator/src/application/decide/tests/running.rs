//! `SUBMITTED`, `RUNNING` and `UNKNOWN`.

use std::sync::Arc;

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, ExecutorState};
use serde_json::json;

use super::World;
use super::world::{at, exited, running, shown, unschedulable, waiting};

#[test]
fn a_driver_that_is_pending_changes_nothing() {
    World::submitted().check(&expect!["nothing"]);
}

#[test]
fn the_condition_says_what_a_pending_driver_waits_for() {
    let mut world = World::submitted().driver(&unschedulable());
    expect![[r#"
        SUBMITTED run 1 submission 1
    "#]]
    .assert_eq(&shown(&world.apply()));
    let (status, reason, message) = world.condition("Progressing");
    expect!["True Unschedulable: no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes"].assert_eq(&format!("{status} {reason}: {message}"));
    world.check(&expect!["nothing"]);
    let mut world = world.driver(&waiting("ErrImagePull", "not found"));
    world.apply();
    assert_eq!(world.condition("Progressing").1, "ImagePull");
}

#[test]
fn a_driver_that_runs() {
    let mut world = World::submitted().after(2).driver(&running());
    expect![[r#"
        RUNNING run 1 submission 1
        event SparkDriverRunning: Driver pi-driver is running, 2 s after SparkApplication pi was submitted successfully
    "#]]
    .assert_eq(&shown(&world.apply()));
    assert_eq!(world.condition("Ready").0, "True");
    world.check(&expect!["nothing"]);
}

#[test]
fn a_driver_whose_pool_somebody_deleted_goes_on_until_no_executor_is_left() {
    let mut world = World::running().executor(1, 3, "Running");
    world.apply();
    world.observed.pool = None;
    world.check(&expect!["nothing"]);
    world.executor(1, 3, "Failed").check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          somebody deleted executorpool pi, which makes the executors, and none is left; spec.restartPolicy says whether the application is run again
        warning SparkDriverFailed: Driver pi-driver failed: somebody deleted executorpool pi, which makes the executors, and none is left; spec.restartPolicy says whether the application is run again
        warning SparkApplicationFailed: SparkApplication pi failed: somebody deleted executorpool pi, which makes the executors, and none is left; spec.restartPolicy says whether the application is run again
    "#]]);
}

#[test]
fn a_run_whose_executors_are_refused_for_minutes_is_over_once_there_is_none() {
    let blocked = |reason: &str| {
        let blocked = json!({"type": "Blocked", "status": "True", "reason": reason, "message": "create pod: no",
            "lastTransitionTime": at(20).to_string()});
        let status = serde_json::from_value(json!({"conditions": [blocked]})).unwrap();
        World::running().edit_pool(|pool| pool.status = Some(status))
    };
    blocked("Submission").after(300).check(&expect![[r#"
        again in 10 s
    "#]]);
    blocked("Submission").executor(1, 3, "Running").after(1000).check(&expect![[r#"
        RUNNING run 1 submission 1
    "#]]);
    blocked("QuotaExceeded").after(1000).check(&expect!["nothing"]);
    let impatient = json!({"executorsRefusedSeconds": 30});
    let mut over = blocked("Submission").spec(|spec| spec["timeouts"] = impatient).after(40);
    over.apply();
    assert_eq!(over.state(), State::Failed);
    blocked("Submission").after(310).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          there is no executor, and the API server has refused to make one for spec.timeouts.executorsRefusedSeconds (300 s): create pod: no
        warning SparkDriverFailed: Driver pi-driver failed: there is no executor, and the API server has refused to make one for spec.timeouts.executorsRefusedSeconds (300 s): create pod: no
        warning SparkApplicationFailed: SparkApplication pi failed: there is no executor, and the API server has refused to make one for spec.timeouts.executorsRefusedSeconds (300 s): create pod: no
    "#]]);
}

#[test]
fn a_driver_that_ended_before_anybody_saw_it_run() {
    World::submitted().after(9).driver(&exited(0, "")).check(&expect![[r#"
        delete executors
        COMPLETED run 1 submission 1
        event SparkApplicationCompleted: SparkApplication pi completed
    "#]]);
}

#[test]
fn a_driver_whose_sidecar_still_runs_or_failed_has_ended_well() {
    for phase in ["Running", "Failed"] {
        let mut status = exited(0, "");
        status["phase"] = json!(phase);
        let mut world = World::running().driver(&status);
        world.apply();
        assert_eq!(world.state(), State::Completed, "{phase}");
    }
}

#[test]
fn a_node_that_cannot_be_asked() {
    let mut world = World::running().driver(&json!({"phase": "Unknown"}));
    expect![[r#"
        UNKNOWN run 1 submission 1
        warning SparkDriverUnknown: Driver pi-driver in unknown state
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.check(&expect!["nothing"]);
    world.clone().driver(&running()).check(&expect![[r#"
        RUNNING run 1 submission 1
        event SparkDriverRunning: Driver pi-driver is running
    "#]]);
    world.clone().driver(&json!({"phase": "Pending"})).check(&expect![[r#"
        SUBMITTED run 1 submission 1
    "#]]);
    world.driver(&exited(0, "")).check(&expect![[r#"
        delete executors
        COMPLETED run 1 submission 1
        event SparkApplicationCompleted: SparkApplication pi completed
    "#]]);
}

#[test]
fn a_driver_is_missing_just_after_the_submission() {
    let world = World::submitted().no_driver();
    world.clone().after(4).check(&expect![[r#"
        again in 6 s
    "#]]);
    world.after(10).check(&expect![[r#"
        delete executors
        FAILED run 1 submission 1
          driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkDriverNotFound: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkApplicationFailed: SparkApplication pi failed: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
    "#]]);
}

#[test]
fn a_driver_is_missing_while_it_should_run() {
    World::running().no_driver().check(&expect![[r#"
        delete executors
        FAILED run 1 submission 1
          driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkDriverNotFound: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkApplicationFailed: SparkApplication pi failed: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
    "#]]);
}

#[test]
fn a_driver_that_was_asked_to_end_is_given_the_time() {
    World::running().terminating().check(&expect![[r#"
        again in 10 s
    "#]]);
}

#[test]
fn changes_of_executors_are_gathered_from_the_first_one_on() {
    let mut world = World::running().executor(1, 0, "Pending").executor(2, 0, "Pending").after(20);
    world.apply();
    // One runs since 29 s, the other a second later; it is 30 s.
    let began = |mut world: World, number: u32, since: i64| {
        world = world.executor(number, 0, "Running");
        let pod = Arc::make_mut(world.observed.executors.last_mut().unwrap());
        let state = json!({"running": {"startedAt": at(since).to_string()}});
        let status = json!({"name": "spark-kubernetes-executor", "state": state});
        pod.status.container_statuses = Box::new([serde_json::from_value(status).unwrap()]);
        world
    };
    world = began(began(world, 1, 29), 2, 30);
    world.check(&expect![[r#"
        again in 2 s
    "#]]);
    world.after(2).check(&expect![[r#"
        RUNNING run 1 submission 1
    "#]]);
}

#[test]
fn executors_are_told_of_when_they_have_settled() {
    let mut world = World::running().executor(1, 9, "Pending").executor(2, 9, "Pending");
    world.check(&expect![[r#"
        again in 2 s
    "#]]);
    world = world.executor(1, 9, "Running").executor(2, 9, "Running").after(2);
    expect![[r#"
        RUNNING run 1 submission 1
    "#]]
    .assert_eq(&shown(&world.apply()));
    let states: Vec<ExecutorState> =
        world.status().executor_state.as_ref().unwrap().values().copied().collect();
    assert_eq!(states, [ExecutorState::Running; 2]);
    world.check(&expect!["nothing"]);

    // One left when it was told to, the other failed.
    world.observed.executors.clear();
    let mut world = world.edit_pool(|pool| {
        let failure = json!({"executor": 2, "podName": "pi-1-exec-2", "time": "2026-01-01T00:00:12Z",
            "cause": "OutOfMemory", "message": "too much"});
        pool.status =
            Some(serde_json::from_value(json!({"failedExecutors": 1, "failures": [failure]})).unwrap());
    });
    world.apply();
    let states: Vec<ExecutorState> =
        world.status().executor_state.as_ref().unwrap().values().copied().collect();
    assert_eq!(states, [ExecutorState::Completed, ExecutorState::Failed]);
}

#[test]
fn executors_are_done_when_the_application_is() {
    let mut world = World::running().executor(1, 0, "Running").executor(2, 0, "Running");
    world.apply();
    let mut world = world.driver(&exited(0, ""));
    world.apply();
    let states: Vec<ExecutorState> =
        world.status().executor_state.as_ref().unwrap().values().copied().collect();
    assert_eq!(states, [ExecutorState::Completed; 2]);
    world.observed.executors.clear();
    world.check(&expect!["nothing"]);
}

#[test]
fn at_most_a_thousand_executors_are_told_of() {
    let mut world = World::running();
    for number in 1..=1100 {
        world = world.executor(number, 0, if number <= 50 { "Running" } else { "Succeeded" });
    }
    world.apply();
    let states = world.status().executor_state.as_ref().unwrap();
    assert_eq!(states.len(), 1000);
    assert!(states.contains_key("pi-1-exec-1") && states.contains_key("pi-1-exec-1100"));
    assert!(!states.contains_key("pi-1-exec-51"));
}
