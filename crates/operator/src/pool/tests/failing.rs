//! Executors that fail: counted, told, replaced, and slowing down what follows them.

use expect_test::expect;
use jiff::SignedDuration;
use serde_json::json;

use super::world::{World, at, ended, running};
use crate::pod_view::Reference;

#[test]
fn an_executor_that_failed_is_counted_reported_deleted_and_replaced() {
    let mut world = World::running(2).pod(1, &ended(137, "OOMKilled", 1, 99));
    world.apply_and_check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 1, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-1"]
        create [3]
        report 1 Some(137) (its fault): OutOfMemory: the executor used more memory than its limit; raise spec.executor.memory, or spec.executor.memoryOverhead for what lives outside of it
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed with ExitCode: 137, Reason: OOMKilled, Pod Message: the executor used more memory than its limit; raise spec.executor.memory, or spec.executor.memoryOverhead for what lives outside of it
    "#]]);
    // Its pod is still there in the next look, and is not counted again.
    world.clone().pod(3, &running(100)).check(&expect![[r#"
        status: 2 of 2 ready, next [4], failed 1, starts 0
          Ready True AllReady: 2 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-1"]
        report 1 Some(137) (its fault): OutOfMemory: the executor used more memory than its limit; raise spec.executor.memory, or spec.executor.memoryOverhead for what lives outside of it
    "#]]);
    let mut world = world.gone(1).pod(3, &running(100)).at(104);
    world.apply();
    assert_eq!(world.pool.status.as_ref().unwrap().failed_executors, 1);
    world.check(&expect![[r#"
        report 1 Some(137) (its fault): OutOfMemory: the executor used more memory than its limit; raise spec.executor.memory, or spec.executor.memoryOverhead for what lives outside of it
    "#]]);
}

#[test]
fn executors_that_fail_as_soon_as_they_start_wait_longer_each_time() {
    let mut world = World::running(1);
    let mut waits = Vec::new();
    for number in 1..=9 {
        let now = world.now.duration_since(at(0)).as_secs();
        world = world.pod(number, &ended(1, "Error", now - 1, now));
        let decision = world.apply();
        assert!(decision.create.is_empty(), "{number}");
        waits.push(decision.look_again.unwrap().as_secs());
        world = world.gone(number);
        world.now += SignedDuration::try_from(decision.look_again.unwrap()).unwrap();
        let decision = world.apply();
        assert_eq!(decision.create, [number + 1]);
    }
    // A second is added, as a status knows no fractions of one.
    assert_eq!(waits, [2, 3, 5, 9, 17, 33, 61, 61, 61]);
    let blocked = world.pool.status.as_ref().unwrap().conditions.as_ref().unwrap();
    assert!(blocked.iter().any(|condition| condition.type_ == "Blocked" && condition.reason == "CrashLoop"));

    let now = world.now.duration_since(at(0)).as_secs();
    let mut world = world.pod(10, &running(now)).at(now + 20);
    world.apply();
    assert_eq!(world.pool.status.as_ref().unwrap().failed_starts, 0);
}

#[test]
fn many_failures_at_once_are_one_step_of_waiting_and_few_events() {
    let mut world = World::running(30);
    for number in 1..=30 {
        world = world.pod(number, &ended(1, "Error", 99, 100));
    }
    let decision = world.apply();
    let status = world.pool.status.clone().unwrap();
    assert_eq!((status.failed_executors, status.failed_starts, status.failures.unwrap().len()), (30, 1, 10));
    assert_eq!((decision.reports.len(), decision.notes.len(), decision.delete.len()), (20, 6, 30));
    // Seen again before they are gone.
    world.apply();
    assert_eq!(world.pool.status.as_ref().unwrap().failed_executors, 30);
}

#[test]
fn pods_of_executors_that_ended_can_be_kept() {
    let mut world =
        World::running(2).keeps().pod(1, &ended(1, "Error", 1, 99)).pod(2, &ended(0, "Completed", 1, 50));
    let decision = world.apply();
    assert_eq!((decision.delete.len(), decision.create), (0, vec![3, 4]));
    let mut world = world.pod(3, &running(100)).pod(4, &running(100)).at(200);
    world.apply();
    world.check(&expect![[r#"
        report 1 Some(1) (its fault): ExitCode: the executor ended with exit code 1 and left no message; its log may say why
    "#]]);
    assert_eq!(world.pool.status.as_ref().unwrap().failed_executors, 1);
}

#[test]
fn an_image_that_cannot_be_pulled_is_a_failed_start_in_the_end() {
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no"}});
    let status = json!({"phase": "Pending", "startTime": at(0).to_string(),
        "containerStatuses": [{"name": "spark-kubernetes-executor", "image": "nowhere:1", "state": waiting}]});
    let mut world = World::new(1).pod(1, &status).at(60);
    world.apply_and_check(&expect![[r#"
        status: 0 of 1 ready, next [2], failed 0, starts 0
          Ready False ImagePull: 0 of 1 executors are ready: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
          Blocked False NotBlocked: executors are made as they are asked for
        warning SparkExecutorPending: executors cannot start yet: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 60 s
    "#]]);
    world.at(121).check(&expect![[r#"
        status: 0 of 0 ready, next [2], failed 1, starts 1
          Ready False Starting: 0 of 1 executors are ready
          Blocked True CrashLoop: executors failed as soon as they were started, so each start waits longer; see status.failures
        delete ["pi-1-exec-1"]
        report 1 None (its fault): ImagePull: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 2 s
    "#]]);
}

#[test]
fn a_mounted_config_map_that_is_not_there_is_told_and_then_a_failed_start() {
    let waiting = json!({"waiting": {"reason": "ContainerCreating"}});
    let status = json!({"phase": "Pending", "startTime": at(0).to_string(),
        "containerStatuses": [{"name": "spark-kubernetes-executor", "state": waiting}]});
    let mut world = World::new(1).pod(1, &status);
    let volumes = json!([{"configMap": {"name": "settings"}}]);
    std::sync::Arc::make_mut(&mut world.pods[0]).spec.volumes = serde_json::from_value(volumes).unwrap();
    world.clone().at(1).check(&expect![[r#"
        again in 9 s
    "#]]);
    let mut world = world.at(20);
    world.missing.insert(Reference::ConfigMap("settings".into()));
    world.apply_and_check(&expect![[r#"
        status: 0 of 1 ready, next [2], failed 0, starts 0
          Ready False ContainerConfig: 0 of 1 executors are ready: the executor mounts config map "settings", not found in namespace ""; create it there, or correct the name in the manifest
          Blocked False NotBlocked: executors are made as they are asked for
        warning SparkExecutorPending: executors cannot start yet: the executor mounts config map "settings", not found in namespace ""; create it there, or correct the name in the manifest
        again in 20 s
    "#]]);
    world.clone().at(40).check(&expect![[r#"
        again in 40 s
    "#]]);
    world.at(121).check(&expect![[r#"
        status: 0 of 0 ready, next [2], failed 1, starts 1
          Ready False Starting: 0 of 1 executors are ready
          Blocked True CrashLoop: executors failed as soon as they were started, so each start waits longer; see status.failures
        delete ["pi-1-exec-1"]
        report 1 None (its fault): ContainerConfig: the executor mounts config map "settings", not found in namespace ""; create it there, or correct the name in the manifest
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed: the executor mounts config map "settings", not found in namespace ""; create it there, or correct the name in the manifest
        again in 2 s
    "#]]);
}
