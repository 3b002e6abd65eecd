//! Limits of time, and the budget of executor failures.

use expect_test::expect;
use hearth_crd::ApplicationStateType as State;
use serde_json::{Value, json};

use super::World;
use super::world::{at, shown, unschedulable, waiting};
use crate::pod_view::Reference;

fn limited(world: World, timeouts: &Value) -> World {
    let timeouts = timeouts.clone();
    world.spec(|spec| spec["timeouts"] = timeouts)
}

#[test]
fn the_queue() {
    let suspended = World::new().spec(|spec| spec["suspend"] = json!(true));
    let mut world = limited(suspended, &json!({"queueSeconds": 60}));
    expect![[r#"
        SUSPENDED run 0 submission 0
        event SparkApplicationSuspended: SparkApplication pi suspended
        again in 60 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.after(60).check(&expect![[r#"
        FAILED run 0 submission 0
          not submitted within spec.timeouts.queueSeconds (60 s) of its creation
        warning SparkApplicationFailed: SparkApplication pi failed: not submitted within spec.timeouts.queueSeconds (60 s) of its creation
    "#]]);
}

#[test]
fn the_queue_is_over_with_the_first_submission() {
    let mut world =
        limited(World::running(), &json!({"queueSeconds": 60})).spec(|spec| spec["suspend"] = json!(true));
    world.apply();
    let mut world = world.all_gone();
    world.apply();
    world.after(1000).check(&expect!["nothing"]);
}

#[test]
fn submissions_that_fail_wait_in_the_queue() {
    let mut world = limited(World::new(), &json!({"queueSeconds": 60})).restart(&json!({"type": "Always"}));
    world.submit_in_vain(hearth_crd::FailureCause::QuotaExceeded, "exceeded quota: small");
    world.after(61).check(&expect![[r#"
        FAILED run 0 submission 1
          not submitted within spec.timeouts.queueSeconds (60 s) of its creation; the last try: failed to submit spark application: failed to run spark-submit: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
        warning SparkApplicationFailed: SparkApplication pi failed: not submitted within spec.timeouts.queueSeconds (60 s) of its creation; the last try: failed to submit spark application: failed to run spark-submit: exceeded quota: small; ask for less in spec.driver and spec.executor, or for more quota in the namespace
    "#]]);
}

#[test]
fn the_start() {
    let world = limited(World::submitted(), &json!({"startSeconds": 60})).driver(&unschedulable());
    let mut world = world;
    expect![[r#"
        SUBMITTED run 1 submission 1
        again in 60 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.after(60).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the driver did not start within spec.timeouts.startSeconds (60 s): no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkDriverFailed: Driver pi-driver failed: the driver did not start within spec.timeouts.startSeconds (60 s): no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkApplicationFailed: SparkApplication pi failed: the driver did not start within spec.timeouts.startSeconds (60 s): no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
    "#]]);
}

#[test]
fn the_run() {
    let mut world = limited(World::running(), &json!({"runSeconds": 60}));
    expect![[r#"
        RUNNING run 1 submission 1
        again in 52 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    let mut world = world.after(52);
    expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the driver ran longer than spec.timeouts.runSeconds (60 s) and was ended
        warning SparkDriverFailed: Driver pi-driver failed: the driver ran longer than spec.timeouts.runSeconds (60 s) and was ended
        warning SparkApplicationFailed: SparkApplication pi failed: the driver ran longer than spec.timeouts.runSeconds (60 s) and was ended
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!(world.condition("Failed").1, "DeadlineExceeded");
}

#[test]
fn an_image_that_cannot_be_pulled() {
    let mut world = World::submitted().driver(&waiting("ImagePullBackOff", "not found"));
    expect![[r#"
        SUBMITTED run 1 submission 1
        warning SparkDriverPending: Driver pi-driver cannot start yet: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 120 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    world.clone().after(120).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkDriverFailed: Driver pi-driver failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkApplicationFailed: SparkApplication pi failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
    "#]]);
    limited(world, &json!({"imagePullSeconds": 10})).after(11).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkDriverFailed: Driver pi-driver failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkApplicationFailed: SparkApplication pi failed: the image "hearth:1" of the driver cannot be pulled (ImagePullBackOff: not found); check its name and tag in spec.image, and spec.imagePullSecrets
    "#]]);
    World::submitted().driver(&waiting("InvalidImageName", "")).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the image "hearth:1" of the driver cannot be pulled (InvalidImageName); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkDriverFailed: Driver pi-driver failed: the image "hearth:1" of the driver cannot be pulled (InvalidImageName); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkApplicationFailed: SparkApplication pi failed: the image "hearth:1" of the driver cannot be pulled (InvalidImageName); check its name and tag in spec.image, and spec.imagePullSecrets
    "#]]);
}

#[test]
fn an_image_whose_pull_took_long_and_failed_is_waited_for_since_then() {
    let world = limited(World::submitted(), &json!({"imagePullSeconds": 60})).after(1000);
    let mut world = world.driver(&waiting("ErrImagePull", "connection reset"));
    expect![[r#"
        SUBMITTED run 1 submission 1
        warning SparkDriverPending: Driver pi-driver cannot start yet: the image "hearth:1" of the driver cannot be pulled (ErrImagePull: connection reset); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 60 s
    "#]]
    .assert_eq(&shown(&world.apply()));
    // What hinders it next has its own time.
    let mut pulled = world.clone().after(59).driver(&waiting("CreateContainerConfigError", "no such key"));
    pulled.apply();
    let pulled = pulled.after(59);
    assert!(pulled.decide().actions.is_empty());
    for mut late in [world.after(60), pulled.after(1)] {
        late.apply();
        assert_eq!(late.state(), State::Failed);
    }
}

#[test]
fn a_secret_that_is_not_there() {
    let mut world =
        World::submitted().driver(&waiting("CreateContainerConfigError", "secret \"s\" not found"));
    world.apply();
    world.after(120).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          container spark-kubernetes-driver of the driver cannot be made (CreateContainerConfigError: secret "s" not found); create it in namespace "default", or correct the name in the manifest
        warning SparkDriverFailed: Driver pi-driver failed: container spark-kubernetes-driver of the driver cannot be made (CreateContainerConfigError: secret "s" not found); create it in namespace "default", or correct the name in the manifest
        warning SparkApplicationFailed: SparkApplication pi failed: container spark-kubernetes-driver of the driver cannot be made (CreateContainerConfigError: secret "s" not found); create it in namespace "default", or correct the name in the manifest
    "#]]);
}

#[test]
fn no_node_fits() {
    let world = World::submitted().driver(&unschedulable()).after(100_000);
    let mut world = world;
    world.apply();
    assert_eq!(world.state(), State::Submitted, "an autoscaler may bring a node");
    limited(world, &json!({"unschedulableSeconds": 60})).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkDriverFailed: Driver pi-driver failed: no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
        warning SparkApplicationFailed: SparkApplication pi failed: no node fits the driver: 0/3 nodes are available.; ask for less in spec.driver, or add nodes
    "#]]);
}

fn with_failures(world: World, failed: i32, times: &[i64]) -> World {
    let failures: Vec<Value> = times
        .iter()
        .map(|time| {
            json!({"executor": 3, "podName": "pi-1-exec-3", "time": at(*time).to_string(), "cause": "OutOfMemory",
                "message": "the executor used too much"})
        })
        .collect();
    let status = json!({"failedExecutors": failed, "failures": failures});
    world.edit_pool(|pool| pool.status = Some(serde_json::from_value(status).unwrap()))
}

#[test]
fn executors_may_fail_twice_as_often_as_there_are() {
    with_failures(World::running(), 4, &[8]).check(&expect!["nothing"]);
    with_failures(World::running(), 5, &[8]).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          executor failures: 5, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
        warning SparkDriverFailed: Driver pi-driver failed: executor failures: 5, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
        warning SparkApplicationFailed: SparkApplication pi failed: executor failures: 5, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
    "#]]);
}

#[test]
fn executors_may_fail_as_often_as_the_setting_says() {
    let conf = |key: &str, value: &str| {
        let conf = json!({key: value});
        let mut world = World::running();
        world.application.spec.spark_conf = serde_json::from_value(conf).unwrap();
        world.apply();
        world
    };
    let limited = conf("spark.executor.maxNumFailures", "0");
    with_failures(limited, 1, &[8]).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          executor failures: 1, more than spark.executor.maxNumFailures allows (0); the last, pi-1-exec-3: the executor used too much
        warning SparkDriverFailed: Driver pi-driver failed: executor failures: 1, more than spark.executor.maxNumFailures allows (0); the last, pi-1-exec-3: the executor used too much
        warning SparkApplicationFailed: SparkApplication pi failed: executor failures: 1, more than spark.executor.maxNumFailures allows (0); the last, pi-1-exec-3: the executor used too much
    "#]]);
    // Old failures are forgotten.
    let forgetting = conf("spark.executor.failuresValidityInterval", "60s").after(1000);
    with_failures(forgetting.clone(), 7, &[1, 2, 3]).check(&expect!["nothing"]);
    with_failures(forgetting, 100, &[1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010]).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          executor failures: 66, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
        warning SparkDriverFailed: Driver pi-driver failed: executor failures: 66, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
        warning SparkApplicationFailed: SparkApplication pi failed: executor failures: 66, more than spark.executor.maxNumFailures allows (4); the last, pi-1-exec-3: the executor used too much
    "#]]);
}

#[test]
fn a_mounted_secret_that_is_not_there() {
    let secret = Reference::Secret("s".into());
    let volumes =
        json!([{"secret": {"secretName": "s"}}, {"secret": {"secretName": "other", "optional": true}}]);
    let mut world = World::submitted().driver(&waiting("ContainerCreating", "")).mounts(&volumes).after(5);
    // As long as nodes need to prepare a pod, nobody asks what is there.
    expect![[r#"
        again in 6 s
    "#]]
    .assert_eq(&shown(&world.decide()));
    world = world.after(6);
    assert_eq!(shown(&world.decide()), "nothing", "it is there, and the node is slow");
    world.observed.missing.insert(secret);
    expect![[r#"
        SUBMITTED run 1 submission 1
        warning SparkDriverPending: Driver pi-driver cannot start yet: the driver mounts secret "s", not found in namespace "default"; create it there, or correct the name in the manifest
        again in 11 s
    "#]].assert_eq(&shown(&world.apply()));
    assert_eq!(world.condition("Progressing").1, "ContainerConfig");
    // Told once; asked again at intervals that grow.
    world.clone().after(9).check(&expect![[r#"
        again in 20 s
    "#]]);
    let mut found = world.clone().after(108);
    found.observed.missing.clear();
    found.apply();
    assert_eq!(found.condition("Progressing").1, "DriverStarting", "somebody made it in time");
    found.after(30).check(&expect!["nothing"]);
    world.after(109).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the driver mounts secret "s", not found in namespace "default"; create it there, or correct the name in the manifest
        warning SparkDriverFailed: Driver pi-driver failed: the driver mounts secret "s", not found in namespace "default"; create it there, or correct the name in the manifest
        warning SparkApplicationFailed: SparkApplication pi failed: the driver mounts secret "s", not found in namespace "default"; create it there, or correct the name in the manifest
        again in 60 s
    "#]]);
}

#[test]
fn a_claim_that_is_not_there() {
    let told = "0/1 nodes are available: persistentvolumeclaim \"data\" not found. preemption: not helpful.";
    let status = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": told, "lastTransitionTime": at(1).to_string()}]});
    let mut world = World::submitted().driver(&status).after(1);
    expect![[r#"
        SUBMITTED run 1 submission 1
        warning SparkDriverPending: Driver pi-driver cannot start yet: the driver mounts persistent volume claim "data", not found in namespace "default"; create it there, or correct the name in the manifest
        again in 120 s
    "#]].assert_eq(&shown(&world.apply()));
    let bound_late = world.clone().driver(&unschedulable()).after(200);
    world.after(120).check(&expect![[r#"
        delete pod driver-1
        delete executors
        FAILED run 1 submission 1
          the driver mounts persistent volume claim "data", not found in namespace "default"; create it there, or correct the name in the manifest
        warning SparkDriverFailed: Driver pi-driver failed: the driver mounts persistent volume claim "data", not found in namespace "default"; create it there, or correct the name in the manifest
        warning SparkApplicationFailed: SparkApplication pi failed: the driver mounts persistent volume claim "data", not found in namespace "default"; create it there, or correct the name in the manifest
    "#]]);
    bound_late.check(&expect![[r#"
        SUBMITTED run 1 submission 1
    "#]]);
}
