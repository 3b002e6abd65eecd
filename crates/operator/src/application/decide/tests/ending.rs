//! The end of a run: completed, failed, or run again.

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, AttemptOutcome};
use serde_json::json;

use super::World;
use super::world::{at, exited, running, shown};

#[test]
fn a_driver_that_ended_well_completes_the_application() {
    let mut world = World::running().driver(&exited(0, ""));
    expect![[r#"
        delete executors
        COMPLETED run 1 submission 1
        event SparkApplicationCompleted: SparkApplication pi completed
    "#]]
    .assert_eq(&shown(&world.apply()));
    assert_eq!(world.status().termination_time.as_ref().unwrap().0, at(9));
    assert_eq!(world.condition("Completed").0, "True");
    assert_eq!(world.status().attempts.as_ref().unwrap()[0].outcome, AttemptOutcome::Succeeded);
    world.all_gone().after(1000).check(&expect!["nothing"]);
}

#[test]
fn with_always_success_is_run_again() {
    let mut world = World::running().restart(&json!({"type": "Always"})).driver(&exited(0, ""));
    expect![[r#"
        delete pod driver-1
        delete executors
        PENDING_RERUN run 1 submission 1
        event SparkDriverCompleted: Driver pi-driver completed
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]
    .assert_eq(&shown(&world.apply()));
    // The old driver is going.
    world.check(&expect![[r#"
        delete pod driver-1
        again in 10 s
    "#]]);
    let mut world = world.all_gone();
    world.check(&expect![[r#"
        submit 2 epoch 1
    "#]]);
    world.submit();
    assert_eq!((world.status().execution_attempts, world.status().submission_attempts), (Some(2), Some(2)));
}

#[test]
fn a_driver_that_failed_fails_the_application() {
    let mut world = World::running().driver(&exited(1, "no such file: /data/in.txt"));
    expect![[r#"
        delete executors
        FAILED run 1 submission 1
          driver container failed with ExitCode: 1, Reason: Error: no such file: /data/in.txt
        warning SparkDriverFailed: Driver pi-driver failed: no such file: /data/in.txt
        warning SparkApplicationFailed: SparkApplication pi failed: driver container failed with ExitCode: 1, Reason: Error: no such file: /data/in.txt
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!(
        world.condition("Failed"),
        ("True".to_owned(), "ApplicationError".to_owned(), world.error().to_owned())
    );
    let attempt = world.status().attempts.as_ref().unwrap()[0].clone();
    assert_eq!((attempt.number, attempt.exit_code, attempt.outcome), (1, Some(1), AttemptOutcome::Failed));
    assert_eq!((attempt.start_time.unwrap().0, attempt.end_time.0), (at(0), at(9)));
    world.check(&expect!["nothing"]);
}

#[test]
fn a_driver_that_failed_without_a_container_status() {
    World::running().driver(&json!({"phase": "Failed"})).check(&expect![[r#"
        delete executors
        FAILED run 1 submission 1
          driver container status missing: its node ended the pod (Unknown)
        warning SparkDriverFailed: Driver pi-driver failed: driver container status missing: its node ended the pod (Unknown)
        warning SparkApplicationFailed: SparkApplication pi failed: driver container status missing: its node ended the pod (Unknown)
    "#]]);
}

#[test]
fn on_failure_runs_again_as_often_as_it_says_after_waits_that_grow() {
    let policy = json!({"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 20});
    let mut world = World::running().restart(&policy).driver(&exited(1, "no"));
    // Submitted at 0 s; the first wait is 20 s from there, and it is 10 s now.
    expect![[r#"
        delete executors
        FAILING run 1 submission 1
          driver container failed with ExitCode: 1, Reason: Error: no
        warning SparkDriverFailed: Driver pi-driver failed: no
        again in 10 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        again in 10 s
    "#]]);
    let mut world = world.after(10);
    expect![[r#"
        delete pod driver-1
        PENDING_RERUN run 1 submission 1
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]
    .assert_eq(&shown(&world.apply()));
    assert_eq!(world.status().driver_info, hearth_crd::DriverInfo::default());
    assert_eq!((world.error(), world.status().termination_time.clone()), ("", None));
    for run in 2..=3 {
        world = world.all_gone();
        world.submit();
        world = world.driver(&exited(1, "no"));
        world.apply();
        world = world.after(20 * run);
        world.apply();
    }
    assert_eq!(world.state(), State::Failed);
    assert_eq!((world.status().execution_attempts, world.status().submission_attempts), (Some(3), Some(3)));
    assert_eq!(world.status().attempts.as_ref().unwrap().len(), 3);
}

#[test]
fn intervals_are_five_seconds_where_nothing_is_said() {
    let policy = json!({"type": "OnFailure", "onFailureRetries": 1});
    let mut world = World::submitted().restart(&policy).driver(&exited(1, "no")).after(3);
    world.apply();
    world.check(&expect![[r#"
        again in 2 s
    "#]]);
}

#[test]
fn a_clock_that_jumps_back_keeps_nothing_waiting_for_it() {
    let policy = json!({"type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 20});
    let mut world = World::running().restart(&policy).driver(&exited(1, "no"));
    world.apply();
    world.clone().after(-15).check(&expect![[r#"
        again in 20 s
    "#]]);
    world.after(-100_000).check(&expect![[r#"
        delete pod driver-1
        PENDING_RERUN run 1 submission 1
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]);
}

#[test]
fn executors_are_kept_if_the_user_wants_to_look_at_them() {
    let mut world = World::new().spec(|spec| spec["executor"]["deleteOnTermination"] = json!(false));
    world.submit();
    world.observed.pool = Some(std::sync::Arc::new(world.pool()));
    world.after(9).driver(&exited(0, "")).check(&expect![[r#"
        COMPLETED run 1 submission 1
        event SparkApplicationCompleted: SparkApplication pi completed
    "#]]);
}

#[test]
fn an_ended_application_is_deleted_after_its_time_to_live() {
    let mut world =
        World::running().spec(|spec| spec["timeToLiveSeconds"] = json!(60)).driver(&exited(0, ""));
    world.apply();
    world.check(&expect![[r#"
        again in 59 s
    "#]]);
    world.clone().after(60).check(&expect![[r#"
        delete application
    "#]]);
    world.clone().after(-5000).check(&expect![[r#"
        again in 60 s
    "#]]);
    world.spec(|spec| spec["timeToLiveSeconds"] = json!(-1)).check(&expect![[r#"
        delete application
    "#]]);
}

#[test]
fn the_operator_may_have_a_time_to_live_for_all() {
    let mut world = World::running().driver(&exited(1, "no"));
    world.apply();
    world.observed.limits.default_time_to_live = Some(std::time::Duration::from_secs(30));
    world.clone().check(&expect![[r#"
        again in 29 s
    "#]]);
    world.after(30).check(&expect![[r#"
        delete application
    "#]]);
}

#[test]
fn a_running_application_has_no_time_to_live() {
    let mut world = World::running().spec(|spec| spec["timeToLiveSeconds"] = json!(0)).driver(&running());
    world.apply();
    world.after(1000).check(&expect!["nothing"]);
}

#[test]
fn a_group_of_pods_goes_when_they_have_ended() {
    let mut kept = World::new().spec(|spec| spec["executor"]["deleteOnTermination"] = json!(false));
    kept.observed.has_pod_group = true;
    kept.submit();
    kept.observed.pool = Some(std::sync::Arc::new(kept.pool()));
    kept.clone().driver(&exited(0, "")).check(&expect![[r#"
        delete pod group
        COMPLETED run 1 submission 1
        event SparkApplicationCompleted: SparkApplication pi completed
    "#]]);
    let mut failed = kept.clone().driver(&exited(1, "no"));
    failed.check(&expect![[r#"
        delete pod group
        FAILED run 1 submission 1
          driver container failed with ExitCode: 1, Reason: Error: no
        warning SparkDriverFailed: Driver pi-driver failed: no
        warning SparkApplicationFailed: SparkApplication pi failed: driver container failed with ExitCode: 1, Reason: Error: no
    "#]]);
    failed.apply();
    failed.check(&expect!["nothing"]);
    // It is used again by the next run.
    kept.restart(&json!({"type": "Always"})).driver(&exited(0, "")).check(&expect![[r#"
        delete pod driver-1
        delete executors
        PENDING_RERUN run 1 submission 1
        event SparkDriverCompleted: Driver pi-driver completed
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]);
}

#[test]
fn what_a_killed_operator_did_not_delete_is_deleted_by_the_next() {
    let always = World::running().restart(&json!({"type": "Always"})).driver(&exited(0, ""));
    let policy = json!({"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 20});
    let limited = World::running().restart(&policy).spec(|spec| spec["timeouts"] = json!({"runSeconds": 5}));
    for mut world in [always, limited] {
        world.apply_and_be_killed();
        world.check(&expect![[r#"
            delete pod driver-1
            delete executors
            again in 10 s
        "#]]);
    }

    let mut world = World::running().driver(&exited(0, ""));
    world.apply_and_be_killed();
    world.check(&expect![[r#"
        again in 9 s
    "#]]);
    world.after(10).check(&expect![[r#"
        delete executors
    "#]]);
}
