//! Clocks that jump by an hour, back and forward: nothing is looked at over and over, nothing waits for more than it was asked to, and
//! what is done again does not wait for the clock to catch up. A limit that has passed by the clock has passed.

use std::time::Duration;

use expect_test::{Expect, expect};
use hearth_crd::FailureCause;
use serde_json::{Value, json};

use super::World;
use super::world::{at, exited, shown, unschedulable, waiting};

const HOUR: i64 = 3600;

/// What is decided after the clock jumped back and forward by an hour.
fn check(world: &World, back: &Expect, forward: &Expect) {
    for (jump, expected) in [(-HOUR, back), (HOUR, forward)] {
        let mut world = world.clone().after(jump);
        let first = world.apply();
        expected.assert_eq(&shown(&first));
        for _ in 0..10 {
            let decision = world.apply();
            let least = Duration::from_millis(1);
            assert!(decision.look_again.is_none_or(|wait| wait >= least), "{jump}: {decision:?}");
            if decision.status.is_none() {
                break;
            }
        }
        let last = world.decide();
        assert!(last.status.is_none(), "{jump}: it does not come to rest: {last:?}");
    }
}

fn with(world: World, field: &str, value: Value) -> World {
    let mut world = world.spec(|spec| spec[field] = value);
    world.apply();
    world
}

#[test]
fn the_time_to_live() {
    let mut world = World::running().driver(&exited(0, ""));
    world.apply();
    world.apply();
    let world = with(world.all_gone(), "timeToLiveSeconds", json!(60));
    check(
        &world,
        &expect![[r#"
            again in 60 s
        "#]],
        &expect![[r#"
            delete application
        "#]],
    );
}

#[test]
fn the_wait_for_another_run() {
    let policy = json!({"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 600});
    let mut world = World::running().restart(&policy).driver(&exited(1, "no"));
    world.apply();
    check(
        &world,
        &expect![[r#"
            delete pod driver-1
            PENDING_RERUN run 1 submission 1
            warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
        "#]],
        &expect![[r#"
            delete pod driver-1
            PENDING_RERUN run 1 submission 1
            warning SparkApplicationPendingRerun: SparkApplication pi is pending rerun
        "#]],
    );
}

#[test]
fn the_wait_for_another_submission() {
    let policy = json!({"type": "OnFailure", "onSubmissionFailureRetries": 3, "onSubmissionFailureRetryInterval": 600});
    let mut world = World::new().restart(&policy);
    world.submit_in_vain(FailureCause::QuotaExceeded, "exceeded quota: small");
    check(
        &world,
        &expect![[r#"
        submit 2 epoch 1
    "#]],
        &expect![[r#"
        submit 2 epoch 1
    "#]],
    );
}

#[test]
fn the_time_to_start() {
    let world = with(World::submitted(), "timeouts", json!({"startSeconds": 60, "unschedulableSeconds": 30}));
    check(
        &world.driver(&unschedulable()),
        &expect![[r#"
        SUBMITTED run 1 submission 1
        again in 30 s
    "#]],
        &expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkDriverFailed: Driver pi-driver failed: no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkApplicationFailed: SparkApplication pi failed: no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
    "#]],
    );
    let mut image = World::submitted().driver(&waiting("ImagePullBackOff", "no"));
    image.apply();
    check(
        &image,
        &expect![[r#"
            again in 120 s
        "#]],
        &expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkDriverFailed: Driver pi-driver failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkApplicationFailed: SparkApplication pi failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
    "#]],
    );
}

#[test]
fn the_time_to_run() {
    let world = with(World::running(), "timeouts", json!({"runSeconds": 600}));
    check(
        &world,
        &expect![[r#"
        again in 600 s
    "#]],
        &expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the driver ran longer than spec.timeouts.runSeconds (600 s) and was ended
        warning SparkDriverFailed: Driver pi-driver failed: the driver ran longer than spec.timeouts.runSeconds (600 s) and was ended
        warning SparkApplicationFailed: SparkApplication pi failed: the driver ran longer than spec.timeouts.runSeconds (600 s) and was ended
    "#]],
    );
}

#[test]
fn the_time_in_the_queue() {
    let world = World::new().spec(|spec| spec["suspend"] = json!(true));
    let world = with(world, "timeouts", json!({"queueSeconds": 60}));
    check(
        &world,
        &expect![[r#"
        again in 60 s
    "#]],
        &expect![[r#"
        FAILED run 0 submission 0
          not submitted within spec.timeouts.queueSeconds (60 s) of its creation
        warning SparkApplicationFailed: SparkApplication pi failed: not submitted within spec.timeouts.queueSeconds (60 s) of its creation
    "#]],
    );
}

#[test]
fn the_end_of_a_driver_in_the_future_is_now() {
    let mut world = World::running().driver(&exited(0, "")).after(-HOUR);
    world.apply();
    let ended = world.status().termination_time.clone().unwrap();
    assert_eq!(ended.0, world.now);
}

#[test]
fn the_budget_of_executor_failures() {
    let failure = |number: i64| {
        json!({"executor": number, "podName": format!("pi-1-exec-{number}"), "cause": "ExitCode", "message": "no",
               "time": at(number * 100 - 1100)})
    };
    let failures: Vec<Value> = (1..=10).map(failure).collect();
    let conf =
        json!({"spark.executor.maxNumFailures": "5", "spark.executor.failuresValidityInterval": "10min"});
    let mut world = World::running();
    world.application.spec.spark_conf = serde_json::from_value(conf).unwrap();
    // A setting of the run that is there.
    world.application.status.as_mut().unwrap().spec_digest = None;
    let mut world = world.edit_pool(|pool| {
        let status = json!({"failedExecutors": 15, "failures": failures});
        pool.status = Some(serde_json::from_value(status).unwrap());
    });
    world.apply();
    world.check(&expect!["nothing"]);
    check(&world, &expect!["nothing"], &expect!["nothing"]);
}
