//! `spec.suspend`, as Kueue uses it.

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, AttemptOutcome};
use serde_json::json;

use super::World;
use super::world::{exited, shown};

fn suspended() -> World {
    let mut world = World::new().spec(|spec| spec["suspend"] = json!(true));
    world.apply();
    world
}

fn resume(world: World) -> World {
    world.spec(|spec| spec["suspend"] = json!(false))
}

#[test]
fn an_application_that_is_made_suspended_waits() {
    World::new().spec(|spec| spec["suspend"] = json!(true)).check(&expect![[r#"
        SUSPENDED run 0 submission 0
        event SparkApplicationSuspended: SparkApplication pi suspended
    "#]]);
    suspended().check(&expect!["nothing"]);
}

#[test]
fn it_is_submitted_when_it_is_let_go() {
    let mut world = resume(suspended());
    expect![[r#"
        RESUMING run 0 submission 0
        event SparkApplicationResuming: SparkApplication pi is resuming
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
}

#[test]
fn it_may_be_edited_and_let_go_at_once() {
    let mut world = suspended().spec(|spec| {
        spec["suspend"] = json!(false);
        spec["driver"]["nodeSelector"] = json!({"pool": "spot"});
        spec["executor"]["labels"] = json!({"queue": "a"});
    });
    expect![[r#"
        PENDING_RERUN run 0 submission 0
        event SparkApplicationResuming: SparkApplication pi is resuming
        event SparkApplicationInvalidating: the spec of SparkApplication pi changed; it is run again under the new one
    "#]].assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
}

#[test]
fn an_edit_while_suspended_changes_nothing_yet() {
    let mut world = suspended().spec(|spec| spec["image"] = json!("hearth:2"));
    world.apply();
    assert_eq!(world.state(), State::Suspended);
    resume(world).check(&expect![[r#"
        PENDING_RERUN run 0 submission 0
        event SparkApplicationResuming: SparkApplication pi is resuming
        event SparkApplicationInvalidating: the spec of SparkApplication pi changed; it is run again under the new one
    "#]]);
}

#[test]
fn a_running_application_loses_its_pods() {
    let mut world = World::running().spec(|spec| spec["suspend"] = json!(true));
    expect![[r#"
        delete pod driver-1
        delete executors
        delete services
        SUSPENDING run 1 submission 1
        event SparkApplicationSuspending: SparkApplication pi is suspending
        again in 10 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.check(&expect![[r#"
        delete pod driver-1
        delete services
        again in 10 s
    "#]]);
    let mut world = world.all_gone();
    expect![[r#"
        SUSPENDED run 1 submission 1
        event SparkApplicationSuspended: SparkApplication pi suspended
    "#]]
    .assert_eq(&shown(&world.apply()));
    assert_eq!(world.status().attempts.as_ref().unwrap()[0].outcome, AttemptOutcome::Suspended);
    let mut world = resume(world);
    world.apply();
    let submission = world.submit();
    assert_eq!((submission.attempt, world.status().execution_attempts), (2, Some(2)));
}

#[test]
fn suspending_waits_for_executors_too_but_not_for_those_of_a_dead_node() {
    let mut world = World::running().spec(|spec| spec["suspend"] = json!(true));
    world.apply();
    let mut world = world.all_gone().executor(1, 0, "Running");
    world.check(&expect![[r#"
        delete executors
        SUSPENDING run 1 submission 1
        again in 10 s
    "#]]);
    let executor = std::sync::Arc::make_mut(&mut world.observed.executors[0]);
    executor.metadata.deletion_timestamp = world.application.metadata.creation_timestamp.clone();
    executor.status.conditions = serde_json::from_value(
        json!([{"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "False"}]),
    )
    .unwrap();
    world.apply();
    assert_eq!(world.state(), State::Suspended);
}

#[test]
fn what_has_ended_is_not_suspended() {
    let mut world = World::running().spec(|spec| spec["suspend"] = json!(true)).driver(&exited(0, ""));
    world.apply();
    assert_eq!(world.state(), State::Completed);
    world.check(&expect!["nothing"]);
    let mut world = World::running().spec(|spec| spec["suspend"] = json!(true)).driver(&exited(1, "no"));
    world.apply();
    assert_eq!(world.state(), State::Failed);
}

#[test]
fn a_retry_that_waits_can_be_suspended() {
    let mut world = World::running().restart(&json!({"type": "Always"})).driver(&exited(1, "no"));
    world.now = super::world::at(2);
    world.apply();
    assert_eq!(world.state(), State::Failing);
    world.spec(|spec| spec["suspend"] = json!(true)).check(&expect![[r#"
        delete pod driver-1
        delete services
        SUSPENDING run 1 submission 1
        event SparkApplicationSuspending: SparkApplication pi is suspending
        again in 10 s
    "#]]);
}
