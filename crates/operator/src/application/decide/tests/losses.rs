//! Drivers that were taken away: followed by another on the same executors, if the policy allows another run.

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, ExecutorState, FailureCause};
use serde_json::{Value, json};

use super::World;
use super::world::{exited, running, shown};
use crate::application::controller::is_ended;
use crate::application::decision::Action;
use crate::application::history;

fn evicted() -> Value {
    let mut status = exited(143, "");
    status["conditions"] =
        json!([{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]);
    status
}

fn with_retries() -> World {
    World::running()
        .restart(&json!({"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 1}))
}

#[test]
fn a_driver_that_was_evicted_is_followed_by_the_next_on_the_same_executors() {
    let mut world = with_retries().driver(&evicted());
    let id = world.status().submission_id.clone();
    expect![[r#"
        delete pod driver-1
        PENDING_RERUN run 1 submission 1
        warning SparkDriverFailed: Driver pi-driver failed: the driver was evicted, as when its node is drained; spec.restartPolicy says whether it is run again
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]].assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        delete pod driver-1
        again in 10 s
    "#]]);
    // The pool stays, and is no reason to wait.
    let mut world = world.no_driver().executor(1, 0, "Running");
    world.check(&expect![[r#"
        submit 1 epoch 2
    "#]]);
    let submission = world.submit();
    assert_eq!((submission.attempt, submission.driver_epoch, Some(&submission.id)), (1, 2, id.as_ref()));
    let status = world.status();
    assert_eq!(
        (status.execution_attempts, status.submission_attempts, status.driver_epoch),
        (Some(2), Some(1), Some(2))
    );
    assert_eq!(status.submission_id, id);
}

#[test]
fn an_end_that_nobody_saw_before_the_pod_was_deleted_counts() {
    let gone = |driver: &Value| {
        let mut world = World::running().driver(driver);
        world.observed.ended_driver = world.observed.driver.take();
        world.apply();
        (world.state(), history::last_cause(world.status()))
    };
    assert_eq!(gone(&exited(0, "")), (State::Completed, None));
    assert_eq!(gone(&evicted()), (State::Failed, Some(FailureCause::Evicted)));
    assert_eq!(gone(&running()), (State::Failed, Some(FailureCause::PodDeleted)));
}

#[test]
fn executors_live_on_while_the_next_driver_is_waited_for_and_end_with_one_that_failed() {
    let policy = json!({"type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 60});
    let kept = |driver: Value| {
        let mut world = World::running().restart(&policy).executor(1, 0, "Running").driver(&driver);
        world.apply();
        assert_eq!(world.state(), State::Failing);
        let executors = world.status().executor_state.clone().unwrap();
        (executors["pi-1-exec-1"], is_ended(&world.application))
    };
    assert_eq!(kept(evicted()), (ExecutorState::Running, false));
    assert_eq!(kept(exited(1, "no")), (ExecutorState::Failed, true));
}

#[test]
fn without_retries_a_loss_is_a_failure() {
    World::running().driver(&evicted()).check(&expect![[r#"
        delete executors
        FAILED run 1 submission 1
          driver container failed with ExitCode: 143, Reason: EvictionByEvictionAPI: the driver was evicted, as when its node is drained; spec.restartPolicy says whether it is run again
        warning SparkDriverFailed: Driver pi-driver failed: the driver was evicted, as when its node is drained; spec.restartPolicy says whether it is run again
        warning SparkApplicationFailed: SparkApplication pi failed: driver container failed with ExitCode: 143, Reason: EvictionByEvictionAPI: the driver was evicted, as when its node is drained; spec.restartPolicy says whether it is run again
    "#]]);
}

#[test]
fn a_driver_that_was_deleted_is_followed_too() {
    let mut world = with_retries().no_driver();
    expect![[r#"
        PENDING_RERUN run 1 submission 1
        warning SparkDriverNotFound: driver pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]].assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        submit 1 epoch 2
    "#]]);
}

#[test]
fn a_driver_whose_node_is_silent_is_deleted_by_force_once_it_was_given_up() {
    let mut silent = running();
    silent["conditions"] =
        json!([{"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "False"}]);
    let world = with_retries().driver(&silent);
    world.check(&expect![[r#"
        RUNNING run 1 submission 1
    "#]]);
    world.terminating().check(&expect![[r#"
        delete pod driver-1 by force
        PENDING_RERUN run 1 submission 1
        warning SparkDriverFailed: Driver pi-driver failed: the node of the driver does not answer, and the pod was given up; spec.restartPolicy says whether it is run again
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]);
}

#[test]
fn a_driver_whose_node_is_gone_is_lost_at_once() {
    // The garbage collector of pods says so before it deletes the pod.
    let mut gone = running();
    gone["phase"] = json!("Failed");
    gone["conditions"] = json!([{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}]);
    with_retries().driver(&gone).check(&expect![[r#"
        delete pod driver-1
        PENDING_RERUN run 1 submission 1
        warning SparkDriverFailed: Driver pi-driver failed: the node of the driver is gone; spec.restartPolicy says whether it is run again
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]);
}

#[test]
fn a_program_that_fails_after_a_loss_gets_new_executors() {
    let mut world = with_retries().driver(&evicted());
    world.apply();
    let mut world = world.no_driver();
    world.submit();
    let mut world = world.driver(&exited(1, "no")).after(10);
    expect![[r#"
        delete pod driver-2
        delete executors
        PENDING_RERUN run 2 submission 1
        warning SparkDriverFailed: Driver pi-driver failed: no
        warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
    "#]]
    .assert_eq(&shown(&world.apply()));
    let mut world = world.all_gone();
    let submission = world.submit();
    assert_eq!((submission.attempt, submission.driver_epoch), (2, 1));
}

#[test]
fn the_pod_of_an_older_driver_in_a_stale_cache_is_not_the_run() {
    let mut world = with_retries().driver(&evicted());
    world.apply();
    let stale = world.observed.driver.clone();
    let mut world = world.no_driver();
    world.submit();
    world.observed.driver = stale;
    world.check(&expect![[r#"
        again in 10 s
    "#]]);
}

#[test]
fn a_following_driver_that_cannot_be_made_is_a_new_submission() {
    let mut world = with_retries().driver(&evicted());
    world.apply();
    let mut world = world.no_driver().restart(&json!({"type": "Always"}));
    let decision = world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota");
    assert!(decision.actions.contains(&Action::DeleteExecutors), "{decision:?}");
    assert_eq!(world.state(), State::SubmissionFailed);
    let mut world = world.all_gone().after(60);
    let submission = world.submit();
    assert_eq!((submission.attempt, submission.driver_epoch), (3, 1));
}
