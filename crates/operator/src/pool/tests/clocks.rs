//! Clocks that jump by an hour, back and forward.

use expect_test::{Expect, expect};
use serde_json::json;

use super::world::{World, at, ended, running, shown};

const HOUR: i64 = 3600;

/// What is decided after the clock jumped from second `now` back and forward by an hour, and once more: it is at rest then.
fn check(world: &World, now: i64, back: &Expect, forward: &Expect) {
    for (jump, expected) in [(-HOUR, back), (HOUR, forward)] {
        let mut world = world.clone().at(now + jump);
        expected.assert_eq(&shown(&world.apply()));
        world.apply();
        let last = world.decide();
        assert!(
            last.status.is_none() || !last.create.is_empty(),
            "{jump}: it does not come to rest: {last:?}"
        );
        assert!(last.look_again.is_none_or(|wait| !wait.is_zero()), "{jump}: {last:?}");
    }
}

/// The same after either jump.
fn check_both(world: &World, now: i64, expected: &Expect) {
    check(world, now, expected, expected);
}

#[test]
fn the_wait_after_failed_starts_does_not_count_if_another_clock_set_it() {
    let mut world = World::running(1).pod(1, &ended(1, "Error", 99, 100));
    world.apply();
    check_both(
        &world.gone(1),
        100,
        &expect![[r#"
        status: 0 of 0 ready, next [3], failed 1, starts 1
          Ready False Starting: 0 of 1 executors are ready
          Blocked True CrashLoop: executors failed as soon as they were started, so each start waits longer; see status.failures
        create [2]
        report 1 Some(1) (its fault): ExitCode: the executor ended with exit code 1 and left no message; its log may say why
    "#]],
    );
}

#[test]
fn the_place_of_an_executor_that_left_is_not_kept_for_an_hour() {
    let mut world = World::running(2).pod(2, &ended(0, "Completed", 1, 100));
    world.apply();
    check_both(
        &world,
        100,
        &expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2"]
        create [3]
    "#]],
    );
}

#[test]
fn failed_starts_are_forgotten_when_everything_works() {
    let mut world = World::running(1).pod(1, &ended(1, "Error", 99, 100));
    world.apply();
    let world = world.gone(1).pod(2, &running(105));
    check_both(
        &world,
        105,
        &expect![[r#"
        status: 1 of 1 ready, next [3], failed 1, starts 0
          Ready True AllReady: 1 of 1 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        report 1 Some(1) (its fault): ExitCode: the executor ended with exit code 1 and left no message; its log may say why
    "#]],
    );
}

#[test]
fn executors_that_are_too_many_leave_in_their_time() {
    let mut world = World::running(2).replicas(1);
    world.apply();
    check_both(
        &world,
        100,
        &expect![[r#"
        again in 10 s
    "#]],
    );
}

#[test]
fn an_image_that_cannot_be_pulled() {
    let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no"}});
    let status = json!({"phase": "Pending", "startTime": at(0).to_string(),
        "containerStatuses": [{"name": "spark-kubernetes-executor", "image": "nowhere:1", "state": waiting}]});
    let mut world = World::new(1).pod(1, &status).at(10);
    world.apply();
    check(
        &world,
        10,
        &expect![[r#"
        again in 120 s
    "#]],
        &expect![[r#"
        status: 0 of 0 ready, next [2], failed 1, starts 1
          Ready False Starting: 0 of 1 executors are ready
          Blocked True CrashLoop: executors failed as soon as they were started, so each start waits longer; see status.failures
        delete ["pi-1-exec-1"]
        report 1 None (its fault): ImagePull: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed: the image "nowhere:1" of the executor cannot be pulled (ImagePullBackOff: no); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 2 s
    "#]],
    );
}
