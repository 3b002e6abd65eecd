//! From nothing to `SUBMITTED` or `SUBMISSION_FAILED`, and back.

use std::sync::Arc;

use expect_test::expect;
use hearth_crd::ApplicationStateType as State;
use hearth_crd::FailureCause;
use serde_json::json;

use super::World;
use super::world::{at, shown};
use crate::application::decide::submitted;
use crate::application::decision::Action;
use crate::application::submission::Submission;

#[test]
fn a_new_application_is_submitted_and_has_no_status_before() {
    World::new().check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
}

#[test]
fn a_submission_that_was_made() {
    let world = World::new();
    let Some(Action::Submit(submission)) = world.decide().actions.pop() else { panic!("no submission") };
    let service = ("pi-ui-svc".to_owned(), "10.0.0.1:4040".to_owned(), 4040);
    let decision = submitted(world.now, &world.application, &submission, Some(service));
    expect![[r#"
        SUBMITTED run 1 submission 1
        event SparkApplicationSubmitted: SparkApplication pi was submitted successfully
    "#]]
    .assert_eq(&shown(&decision));
    let status = decision.status.unwrap();
    assert_eq!(status.submission_id.as_deref(), Some(submission.id.as_str()));
    assert_eq!(status.spark_application_id.as_deref(), Some(submission.spark_application_id.as_str()));
    assert_eq!(status.driver_info.pod_name.as_deref(), Some("pi-driver"));
    assert_eq!(status.driver_info.web_ui_address.as_deref(), Some("10.0.0.1:4040"));
    assert_eq!(status.last_submission_attempt_time.map(|time| time.0), Some(at(0)));
    assert_eq!((status.driver_epoch, status.observed_generation), (Some(1), Some(1)));
    assert_eq!(status.executor_state, Some(std::collections::BTreeMap::new()));
    assert!(status.spec_digest.is_some());
}

#[test]
fn fields_without_effect_are_reported_once() {
    let mut world = World::new().spec(|spec| spec["mainClass"] = json!("org.example.Pi"));
    let submission = Submission::first("app", 1);
    expect![[r#"
        SUBMITTED run 1 submission 1
        event SparkApplicationSubmitted: SparkApplication pi was submitted successfully
        warning SparkApplicationFieldsIgnored: spec.mainClass has no effect: there is no Java virtual machine
    "#]]
    .assert_eq(&shown(&submitted(world.now, &world.application, &submission, None)));
    world.submit();
    let (status, reason, _) = world.condition("Valid");
    assert_eq!((status.as_str(), reason.as_str()), ("True", "FieldsIgnored"));
}

#[test]
fn an_operator_that_was_killed_after_making_the_pods_submits_the_same_again() {
    let mut world = World::submitted();
    let submission = world.status().submission_id.clone();
    // The status was not written.
    world.application.status = None;
    let Some(Action::Submit(again)) = world.decide().actions.pop() else { panic!("no submission") };
    assert_eq!(Some(again.id), submission);
}

#[test]
fn pods_of_an_older_spec_go_first() {
    let mut world = World::submitted().spec(|spec| spec["image"] = json!("hearth:2"));
    world.application.status = None;
    world.check(&expect![[r#"
        delete pod driver-1
        delete executors
        again in 10 s
    "#]]);
}

#[test]
fn a_driver_of_somebody_else_is_in_the_way() {
    let mut world = World::submitted();
    let driver = Arc::make_mut(world.observed.driver.as_mut().unwrap());
    driver.metadata.owner_references = None;
    world.application.status = None;
    world.check(&expect![[r#"
        SUBMISSION_FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: driver pod already exist: pod "pi-driver" is there and does not belong to this application; delete it, or set spec.driver.podName
        warning SparkApplicationSubmissionFailed: failed to submit SparkApplication pi: driver pod already exist: pod "pi-driver" is there and does not belong to this application; delete it, or set spec.driver.podName
    "#]]);
}

#[test]
fn the_driver_of_a_deleted_application_of_the_same_name_is_waited_for() {
    let mut world = World::submitted();
    let driver = Arc::make_mut(world.observed.driver.as_mut().unwrap());
    driver.metadata.owner_references.as_mut().unwrap()[0].uid = "predecessor".to_owned();
    world.application.status = None;
    world.check(&expect![[r#"
        again in 1 s
    "#]]);
    // By then people wonder.
    world.now = at(10);
    world.check(&expect![[r#"
        warning SparkApplicationWaiting: waiting until pod pi-driver of an earlier application or submission is gone
        again in 10 s
    "#]]);
    // Its node is gone.
    let driver = Arc::make_mut(world.observed.driver.as_mut().unwrap());
    driver.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    driver.status.conditions = serde_json::from_value(json!([
        {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "False"},
    ]))
    .unwrap();
    world.check(&expect![[r#"
        delete pod driver-1 by force
        warning SparkApplicationWaiting: waiting until pod pi-driver of an earlier application or submission is gone
        again in 10 s
    "#]]);
}

#[test]
fn a_submission_that_failed() {
    let mut world = World::new();
    let decision =
        world.submit_in_vain(FailureCause::Submission, "pods \"pi-driver\" is forbidden: no such account");
    expect![[r#"
        delete executors
        SUBMISSION_FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: pods "pi-driver" is forbidden: no such account
        warning SparkApplicationSubmissionFailed: failed to submit SparkApplication pi: pods "pi-driver" is forbidden: no such account
    "#]].assert_eq(&shown(&decision));
    world.check(&expect![[r#"
        FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: pods "pi-driver" is forbidden: no such account
        warning SparkApplicationFailed: SparkApplication pi failed: failed to submit spark application: failed to run spark-submit: pods "pi-driver" is forbidden: no such account
    "#]]);
}

#[test]
fn quota_says_what_to_do_and_is_tried_again_by_the_policy() {
    let policy =
        json!({"type": "OnFailure", "onSubmissionFailureRetries": 2, "onSubmissionFailureRetryInterval": 10});
    let mut world = World::new().restart(&policy);
    expect![[r#"
        delete executors
        SUBMISSION_FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
        warning SparkApplicationSubmissionFailed: failed to submit SparkApplication pi: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
    "#]].assert_eq(&shown(&world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota: small")));
    // The wait grows with the number of submissions.
    world.check(&expect![[r#"
        again in 10 s
    "#]]);
    let mut world = world.after(10);
    world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota: small");
    world.check(&expect![[r#"
        again in 20 s
    "#]]);
    let mut world = world.after(20);
    world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota: small");
    // Three tries: the first, and two retries.
    world.check(&expect![[r#"
        FAILED run 0 submission 3
          failed to submit spark application: failed to run spark-submit: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
        warning SparkApplicationFailed: SparkApplication pi failed: failed to submit spark application: failed to run spark-submit: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
    "#]]);
    world.apply();
    assert_eq!(world.status().attempts.as_ref().unwrap().len(), 3);
    assert_eq!(world.condition("Failed").1, "QuotaExceeded");
}

#[test]
fn a_retry_waits_until_what_the_last_one_made_is_gone() {
    let policy = json!({"type": "Always"});
    let mut world = World::new().restart(&policy);
    world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota: small");
    world.observed.pool = Some(Arc::new(world.pool()));
    let world = world.after(60);
    world.check(&expect![[r#"
        delete executors
        again in 10 s
    "#]]);
    world.all_gone().check(&expect![[r#"
        submit 2 epoch 1
    "#]]);
}

#[test]
fn always_is_tried_for_ever() {
    let mut world = World::new().restart(&json!({"type": "Always"}));
    for attempt in 1..30 {
        world.submit_in_vain(FailureCause::Submission, "no");
        assert_eq!(world.state(), State::SubmissionFailed);
        world = world.after(5 * attempt);
    }
    assert_eq!(world.status().attempts.as_ref().unwrap().len(), 10);
}

#[test]
fn programs_that_cannot_be_run_yet_say_so_and_rest() {
    let mut world = World::new().spec(|spec| spec["type"] = json!("Java"));
    expect![[r#"
        SUBMISSION_FAILED run 0 submission 1
          failed to submit spark application: failed to run spark-submit: type Java is not supported yet: it needs Apache Spark in the image, which this operator does not start yet; use Rust, for a program that links the hearth crate
        warning SparkApplicationSubmissionFailed: failed to submit SparkApplication pi: type Java is not supported yet: it needs Apache Spark in the image, which this operator does not start yet; use Rust, for a program that links the hearth crate
    "#]].assert_eq(&shown(&world.apply()));
    world.check(&expect!["nothing"]);
    assert_eq!(world.condition("Failed").1, "Unsupported");
    // The spec is corrected.
    let mut world = world.after(5).spec(|spec| spec["type"] = json!("Rust"));
    world.apply();
    world.apply();
    world.apply();
    world.check(&expect![[r#"
        submit 1 epoch 1
    "#]]);
}

#[test]
fn an_application_that_is_being_deleted_is_left_alone() {
    let mut world = World::running();
    world.application.metadata.deletion_timestamp = world.application.metadata.creation_timestamp.clone();
    world.check(&expect!["nothing"]);
}
