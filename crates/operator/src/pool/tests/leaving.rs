//! Executors that are not wanted any more.

use std::time::Duration;

use expect_test::expect;

use super::super::controller::is_surplus;
use super::super::decide::desired;
use super::world::{World, ended, pending};

#[test]
fn an_executor_that_left_when_it_was_told_to_is_not_replaced() {
    let world = World::running(2).pod(2, &ended(0, "Completed", 1, 100));
    // The number is lowered just after the executor was told.
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [3], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        again in 15 s
    "#]]);
    world.clone().replicas(1).check(&expect![[r#"
        status: 1 of 1 ready, next [3], failed 0, starts 0
          Ready True AllReady: 1 of 1 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2"]
    "#]]);
    // Nobody lowered it.
    world.at(116).check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2"]
        create [3]
    "#]]);
}

#[test]
fn executors_that_are_too_many_have_ten_seconds_to_leave() {
    let mut world = World::running(3).pod(4, &pending()).replicas(2);
    // One that does not run goes at once.
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4"]
        again in 10 s
    "#]]);
    world.surplus_for = Some(Duration::from_secs(5));
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4"]
        again in 5 s
    "#]]);
    // Of those that run, the newest.
    world.surplus_for = Some(Duration::from_secs(10));
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4", "pi-1-exec-3"]
        again in 10 s
    "#]]);
}

#[test]
fn an_application_that_ended_needs_no_executors() {
    let mut world = World::running(2).pod(2, &ended(0, "Completed", 1, 99));
    world.has_ended = true;
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [3], failed 0, starts 0
          Ready True AllReady: 1 of 0 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2"]
        again in 10 s
    "#]]);
    world.surplus_for = Some(Duration::from_secs(10));
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [3], failed 0, starts 0
          Ready True AllReady: 1 of 0 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2", "pi-1-exec-1"]
        again in 10 s
    "#]]);
}

#[test]
fn those_that_an_ended_application_left_are_too_many() {
    let world = World::running(2).pod(2, &ended(0, "Completed", 1, 99));
    assert!(!is_surplus(&world.pods, desired(&world.pool, false)));
    assert!(is_surplus(&world.pods, desired(&world.pool, true)));
}

#[test]
fn a_pool_that_is_being_deleted_is_left_alone() {
    let mut world = World::running(2).replicas(5);
    world.pool.metadata.deletion_timestamp = world.pool.metadata.creation_timestamp.clone();
    world.check(&expect!["nothing"]);
}
