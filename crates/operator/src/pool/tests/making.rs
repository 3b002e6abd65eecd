//! Executors that are made: which numbers they have, and how many there are.

use expect_test::expect;
use hearth_crd::FailureCause;
use serde_json::json;

use super::super::creation_failed;
use super::super::decide::wanted;
use super::world::{World, at, pending, running, shown};
use crate::application::decision::SubmitFailure;

#[test]
fn the_first_executors_are_made_without_a_write() {
    World::new(3).check(&expect![[r#"
        create [1, 2, 3]
        again in 10 s
    "#]]);
    // One is there already: an operator was killed in between.
    World::new(3).pod(2, &pending()).check(&expect![[r#"
        create [1, 3]
        again in 10 s
    "#]]);
    World::new(0).check(&expect![[r#"
        again in 10 s
    "#]]);
}

#[test]
fn more_are_made_with_the_next_numbers() {
    let mut world = World::running(2).replicas(4);
    world.apply_and_check(&expect![[r#"
        status: 2 of 2 ready, next [5], failed 0, starts 0
          Ready False Starting: 2 of 4 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        create [3, 4]
    "#]]);
    // They were not made, as the operator was killed: their numbers are not used again.
    world.check(&expect![[r#"
        status: 2 of 2 ready, next [7], failed 0, starts 0
          Ready False Starting: 2 of 4 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        create [5, 6]
    "#]]);
}

#[test]
fn counts_of_a_pool_that_is_as_it_was_asked_for_are_written_after_ten_seconds() {
    let world = World::new(1).pod(1, &running(1));
    world.clone().at(1).check(&expect![[r#"
        again in 9 s
    "#]]);
    world.at(10).check(&expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 0
          Ready True AllReady: 1 of 1 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
    "#]]);
}

#[test]
fn counts_of_a_pool_that_was_scaled_or_waits_are_gathered_for_a_moment() {
    let mut scaled = World::new(1).pod(1, &running(1));
    scaled.pool.metadata.generation = Some(2);
    scaled.clone().at(1).check(&expect![[r#"
        again in 2 s
    "#]]);
    scaled.at(3).check(&expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 0
          Ready True AllReady: 1 of 1 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
    "#]]);
    let no_image = json!({"phase": "Pending", "containerStatuses": [{"name": "spark-kubernetes-executor", "image": "no:1",
        "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}]});
    World::new(1).pod(1, &no_image).at(3).check(&expect![[r#"
        status: 0 of 1 ready, next [2], failed 0, starts 0
          Ready False ImagePull: 0 of 1 executors are ready: the image "no:1" of the executor cannot be pulled (ErrImagePull: not found); check its name and tag in spec.image, and spec.imagePullSecrets
          Blocked False NotBlocked: executors are made as they are asked for
        warning SparkExecutorPending: executors cannot start yet: the image "no:1" of the executor cannot be pulled (ErrImagePull: not found); check its name and tag in spec.image, and spec.imagePullSecrets
        again in 117 s
    "#]]);
}

#[test]
fn bounds_and_the_limit_hold() {
    let mut world = World::new(1_000_000);
    assert_eq!(world.decide().create.len(), 250);
    assert_eq!(wanted(&world.pool), 10_000);
    world.pool.spec.max_replicas = Some(3);
    assert_eq!(world.decide().create, [1, 2, 3]);
    let mut world = World::new(-5);
    assert_eq!(world.decide().create, [] as [u32; 0]);
    world.pool.spec.min_replicas = Some(2);
    assert_eq!(world.decide().create, [1, 2]);
    (world.pool.spec.min_replicas, world.pool.spec.max_replicas) = (Some(9), Some(1));
    assert_eq!(world.decide().create, [1]);
}

#[test]
fn an_executor_that_cannot_be_made_is_tried_again() {
    let mut world = World::running(1).replicas(3);
    let failure =
        SubmitFailure { cause: FailureCause::QuotaExceeded, message: "exceeded quota: small".to_owned() };
    let decision = creation_failed(world.now, &world.pool, &failure);
    expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 1
          Ready True AllReady: 1 of 1 executors are ready
          Blocked True QuotaExceeded: exceeded quota: small
        warning SparkExecutorFailed: executors cannot be made: exceeded quota: small
        again in 2 s
    "#]]
    .assert_eq(&shown(&decision));
    world.pool.status = decision.status;
    assert!(world.decide().create.is_empty());
    // What is refused for another reason is blocked anew.
    let other = SubmitFailure { cause: FailureCause::Submission, message: "no such account".to_owned() };
    let again = creation_failed(at(150), &world.pool, &other);
    expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 2
          Ready True AllReady: 1 of 1 executors are ready
          Blocked True Submission: no such account
        warning SparkExecutorFailed: executors cannot be made: no such account
        again in 3 s
    "#]]
    .assert_eq(&shown(&again));
    let since = again.status.unwrap().conditions.unwrap().last().unwrap().last_transition_time.0;
    assert_eq!(since, at(150));
    // The event is not repeated, and the wait grows.
    let again = creation_failed(world.now, &world.pool, &failure);
    assert_eq!((again.notes, again.look_again.map(|wait| wait.as_secs())), (Vec::new(), Some(3)));
}

#[test]
fn an_executor_is_not_made_from_a_manifest_that_is_wrong() {
    let mut world = World::running(1).replicas(2).at(200);
    world.invalid = Some("spec.executor.memory: found 0".to_owned());
    world.apply_and_check(&expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked True InvalidSpec: spec.executor.memory: found 0
        warning SparkExecutorFailed: executors cannot be made: spec.executor.memory: found 0
    "#]]);
    // Told once.
    world.check(&expect!["nothing"]);
    world.invalid = None;
    assert_eq!(world.decide().create, [2]);
}
