//! Manifests that cannot be run.

use expect_test::expect;
use hearth_crd::ApplicationStateType as State;
use serde_json::json;

use super::super::why_not_extended;
use super::World;
use super::world::{exited, shown};

#[test]
fn a_wrong_manifest_fails_and_says_why() {
    let mut world = World::new().problem("found 0; at least 1 is needed");
    expect![[r#"
        FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: spec.driver.cores: found 0; at least 1 is needed
        warning SparkApplicationSubmissionFailed: failed to submit SparkApplication pi: spec.driver.cores: found 0; at least 1 is needed
        warning SparkApplicationFailed: SparkApplication pi failed: failed to submit spark application: failed to run spark-submit: spec.driver.cores: found 0; at least 1 is needed
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!(world.condition("Valid").0, "False");
    assert_eq!(world.condition("Failed").1, "InvalidSpec");
    world.check(&expect!["nothing"]);
}

#[test]
fn a_manifest_that_was_corrected_is_run_even_if_the_correction_takes_effect_in_place() {
    let mut world = World::new().problem("found 0; at least 1 is needed");
    world.apply();
    world.problems.clear();
    world.clone().check(&expect![[r#"
        FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: spec.driver.cores: found 0; at least 1 is needed
    "#]]);
    let mut world = world.spec(|spec| spec["timeouts"] = json!({"runSeconds": 60}));
    world.apply();
    assert_eq!(world.state(), State::Invalidating);
    world.apply();
    world.apply();
    assert_eq!(world.submit().attempt, 1);
}

#[test]
fn a_wrong_edit_does_no_harm_to_what_runs() {
    let mut world = World::running().spec(|spec| spec["driver"]["cores"] = json!(0)).problem("found 0");
    expect![[r#"
        RUNNING run 1 submission 1
        warning SparkApplicationSpecUpdateFailed: the new spec cannot be run; what runs goes on, but no executor is made until it is corrected: spec.driver.cores: found 0
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!((world.state(), world.condition("Valid").0.as_str()), (State::Running, "False"));
    world.check(&expect!["nothing"]);
    // Corrected back to what runs.
    let mut world = world.spec(|spec| {
        spec["driver"].as_object_mut().unwrap().remove("cores");
    });
    world.problems.clear();
    world.apply();
    assert_eq!((world.state(), world.condition("Valid").0.as_str()), (State::Running, "True"));
}

#[test]
fn a_wrong_edit_of_what_takes_effect_in_place_leaves_the_executors_to_be_made() {
    let world = World::running().spec(|spec| spec["executor"]["instances"] = json!(-1)).problem("found -1");
    assert_eq!(why_not_extended(&world.application, &world.problems), None);
    world.check(&expect![[r#"
        RUNNING run 1 submission 1
        warning SparkApplicationSpecUpdateFailed: the new spec cannot be run, and the old one stays in force: spec.driver.cores: found -1
    "#]]);
    let world = World::running().spec(|spec| spec["image"] = json!("hearth:2")).problem("found 0");
    let why = why_not_extended(&world.application, &world.problems);
    assert_eq!(
        why.as_deref(),
        Some("the spec was edited, and cannot be run as it is: spec.driver.cores: found 0")
    );
}

#[test]
fn a_correction_that_is_wrong_too_is_told() {
    let mut world = World::new().problem("found 0");
    world.apply();
    let mut world = world.spec(|spec| spec["driver"]["memory"] = json!("1g"));
    expect![[r#"
        FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: spec.driver.cores: found 0
        warning SparkApplicationSpecUpdateFailed: the new spec cannot be run: spec.driver.cores: found 0
    "#]]
    .assert_eq(&shown(&world.apply()));
}

#[test]
fn a_wrong_edit_is_not_run_again() {
    let world =
        World::running().restart(&json!({"type": "Always"})).problem("found 0").driver(&exited(0, ""));
    let mut world = world;
    world.apply();
    assert_eq!(world.state(), State::Failed);
}

#[test]
fn a_suspended_application_with_a_wrong_manifest_waits_to_be_corrected() {
    let mut world = World::new().spec(|spec| spec["suspend"] = json!(true));
    world.apply();
    let mut world = world.problem("found 0");
    world.apply();
    assert_eq!((world.state(), world.condition("Valid").0.as_str()), (State::Suspended, "False"));
    let mut world = world.spec(|spec| spec["suspend"] = json!(false));
    world.apply();
    assert_eq!(world.state(), State::Failed);
}
