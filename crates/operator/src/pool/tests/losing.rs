//! Executors that are taken away: replaced, and nobody's fault.

use std::sync::Arc;

use expect_test::expect;
use serde_json::json;

use super::world::{World, ended, running};

#[test]
fn an_executor_that_was_taken_away_is_no_failure() {
    let mut preempted = ended(143, "Error", 1, 99);
    preempted["conditions"] =
        json!([{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]);
    World::running(2).pod(1, &preempted).check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-1"]
        create [3]
        report 1 Some(143) (not its fault): Preempted: a pod with a higher priority took the place of the executor; give spec.executor.priorityClassName a higher priority
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed with ExitCode: 143, Reason: PreemptionByScheduler, Pod Message: a pod with a higher priority took the place of the executor; give spec.executor.priorityClassName a higher priority
    "#]]);
}

#[test]
fn an_executor_of_a_silent_node_is_replaced_when_it_is_given_up() {
    let mut silent = running(1);
    silent["conditions"] =
        json!([{"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "False"}]);
    let mut world = World::running(2).pod(1, &silent);
    assert!(world.decide().create.is_empty());
    let pod = Arc::make_mut(world.pods.last_mut().unwrap());
    pod.metadata.deletion_timestamp = world.pool.metadata.creation_timestamp.clone();
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        create [3]
        report 1 None (not its fault): NodeLost: the node of the executor does not answer, and the pod was given up
        warning SparkExecutorFailed: Executor pi-1-exec-1 failed: the node of the executor does not answer, and the pod was given up
    "#]]);
}

#[test]
fn an_executor_that_somebody_deletes_is_replaced_at_once() {
    let mut world = World::running(2);
    Arc::make_mut(&mut world.pods[0]).metadata.deletion_timestamp =
        world.pool.metadata.creation_timestamp.clone();
    world.check(&expect![[r#"
        status: 1 of 2 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        create [3]
    "#]]);
    World::running(2).gone(2).check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        create [3]
    "#]]);
}

#[test]
fn an_executor_that_the_driver_met_and_whose_pod_is_gone_without_a_word_leaves_its_number_unused() {
    let mut world = World::new(2).at(2).pod(1, &running(1));
    world.check(&expect![[r#"
        create [2]
        again in 8 s
    "#]]);
    world.highest_told = 2;
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [4], failed 0, starts 0
          Ready False Starting: 1 of 2 executors are ready
        create [3]
    "#]]);
    world.gone(1).check(&expect![[r#"
        status: 0 of 0 ready, next [5], failed 0, starts 0
          Ready False Starting: 0 of 2 executors are ready
        create [3, 4]
    "#]]);
}
