//! Edits of the spec that need a restart.

use expect_test::expect;
use hearth_crd::{ApplicationStateType as State, AttemptOutcome};
use serde_json::json;

use super::World;
use super::world::{exited, shown};

fn edited(world: World) -> World {
    world.spec(|spec| spec["image"] = json!("hearth:2"))
}

#[test]
fn a_running_application_begins_anew() {
    let mut world = edited(World::running());
    expect![[r#"
        delete pod driver-1
        delete executors
        delete services
        INVALIDATING run 1 submission 1
        event SparkApplicationInvalidating: the spec of SparkApplication pi changed; it is run again under the new one
        again in 10 s
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!(world.status().attempts.as_ref().unwrap()[0].outcome, AttemptOutcome::Invalidated);
    world.check(&expect![[r#"
        delete pod driver-1
        delete services
        again in 10 s
    "#]]);
    let before = world.status().submission_id.clone();
    let mut world = world.all_gone();
    expect![[r#"
        PENDING_RERUN run 0 submission 0
    "#]]
    .assert_eq(&shown(&world.apply()));
    let submission = world.submit();
    assert_ne!(Some(&submission.id), before.as_ref());
    assert_eq!((submission.attempt, world.status().execution_attempts), (1, Some(1)));
}

#[test]
fn so_does_one_that_ended() {
    for code in [0, 1] {
        let mut world = World::running().driver(&exited(code, ""));
        world.apply();
        let mut world = edited(world);
        world.apply();
        assert_eq!(world.state(), State::Invalidating);
    }
}

#[test]
fn every_state_but_those_without_a_run_notices_an_edit() {
    for state in State::ALL {
        let mut world = World::running();
        world.application.status.as_mut().unwrap().application_state.as_mut().unwrap().state = state;
        let mut world = edited(world);
        world.apply();
        let notices = !matches!(state, State::New | State::Suspending | State::Suspended);
        assert_eq!(world.state() == State::Invalidating, notices || state == State::Suspended, "{state:?}");
    }
}

#[test]
fn executors_of_the_old_run_are_waited_for_as_their_names_come_again() {
    let mut world = edited(World::running());
    world.apply();
    let mut world = world.all_gone().executor(1, 0, "Running");
    world.check(&expect![[r#"
        delete executors
        again in 10 s
    "#]]);
    world.observed.executors.clear();
    world.apply();
    assert_eq!(world.state(), State::PendingRerun);
}

#[test]
fn edits_that_take_effect_in_place_only_raise_the_observed_generation() {
    let mut world = World::running().spec(|spec| {
        spec["timeToLiveSeconds"] = json!(60);
        spec["restartPolicy"] = json!({"type": "Always"});
        spec["timeouts"] = json!({"runSeconds": 1000});
    });
    expect![[r#"
        RUNNING run 1 submission 1
        again in 992 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    assert_eq!(world.status().observed_generation, Some(2));
    world.check(&expect![[r#"
        again in 992 s
    "#]]);
}

#[test]
fn an_edit_back_is_another_edit() {
    let mut world = edited(World::running());
    world.apply();
    // Already being ended when it was edited back: it is run again all the same.
    let mut world = world.spec(|spec| spec["image"] = json!("hearth:1")).all_gone();
    world.apply();
    assert_eq!(world.state(), State::PendingRerun);
    assert_eq!(world.submit().attempt, 1);
}

#[test]
fn an_edit_with_a_suspension_suspends_and_begins_anew_later() {
    let mut world = edited(World::running()).spec(|spec| spec["suspend"] = json!(true));
    world.apply();
    assert_eq!(world.state(), State::Suspending);
    let mut world = world.all_gone();
    world.apply();
    let mut world = world.spec(|spec| spec["suspend"] = json!(false));
    world.apply();
    assert_eq!((world.state(), world.status().submission_attempts), (State::PendingRerun, Some(0)));
}
