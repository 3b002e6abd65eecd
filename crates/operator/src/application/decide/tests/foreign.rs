//! Statuses that somebody else wrote.

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, SparkApplicationStatus};
use serde_json::{Value, json};

use super::World;
use super::world::{exited, running, shown};

fn with_status(status: &Value) -> World {
    let mut world = World::new();
    world.application.status = Some(serde_json::from_value(status.clone()).unwrap());
    world
}

#[test]
fn an_empty_status_is_none() {
    with_status(&json!({"driverInfo": {}})).check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
    with_status(&json!({"driverInfo": {}, "applicationState": {"state": ""}})).check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
}

#[test]
fn counters_that_cannot_be_are_taken_for_none() {
    let world =
        with_status(&json!({"applicationState": {"state": ""}, "submissionAttempts": -7, "driverEpoch": -1}));
    world.check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
    let mut world = with_status(
        &json!({"applicationState": {"state": ""}, "submissionAttempts": 2147483647, "executionAttempts": 2147483647}),
    );
    world.submit();
    assert_eq!(world.status().submission_attempts, Some(i32::MAX));
}

#[test]
fn every_state_without_anything_else_leads_somewhere_and_stops() {
    for state in State::ALL {
        let mut world = World::new();
        let mut status = SparkApplicationStatus::default();
        status.application_state.get_or_insert_default().state = state;
        world.application.status = Some(status);
        let mut steps = 0;
        while world.decide().status.is_some() {
            world.apply();
            steps += 1;
            assert!(steps < 6, "{state:?} goes on for ever: {}", shown(&world.decide()));
        }
    }
}

#[test]
fn a_run_of_kubeflows_operator_is_taken_over() {
    let status = json!({"applicationState": {"state": "RUNNING"}, "submissionID": "its-own", "executionAttempts": 1,
        "submissionAttempts": 1, "lastSubmissionAttemptTime": "2026-01-01T00:00:00Z", "driverInfo": {"podName": "pi-driver"}});
    let mut world = with_status(&status).driver(&running());
    expect![[r#"
        RUNNING run 1 submission 1
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.check(&expect!["nothing"]);
    let mut world = world.driver(&exited(0, ""));
    world.apply();
    assert_eq!(world.state(), State::Completed);
}

#[test]
fn running_without_a_driver_fails_once() {
    let mut world = with_status(&json!({"applicationState": {"state": "RUNNING"}}));
    expect![[r#"
        FAILED run 0 submission 0
          driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkDriverNotFound: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkApplicationFailed: SparkApplication pi failed: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
    "#]].assert_eq(&shown(&world.apply()));
    world.check(&expect!["nothing"]);
}

#[test]
fn failing_with_a_driver_that_runs_ends_it() {
    let mut world = World::running();
    world.application.status.as_mut().unwrap().application_state.as_mut().unwrap().state = State::Failing;
    world.check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
        warning SparkApplicationFailed: SparkApplication pi failed: 
    "#]]);
}

#[test]
fn completed_with_a_driver_that_runs_ends_it_after_a_moment() {
    let mut world = World::running();
    world.application.status.as_mut().unwrap().application_state.as_mut().unwrap().state = State::Completed;
    world.apply();
    world.check(&expect![[r#"
        again in 10 s
    "#]]);
    let mut world = world.after(10);
    world.check(&expect![[r#"
        delete pod driver-1
        delete executors
    "#]]);
    world.apply();
    let world = world.terminating();
    world.check(&expect!["nothing"]);
    world.all_gone().check(&expect!["nothing"]);
}
