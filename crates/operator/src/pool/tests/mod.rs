//! Situations of a pool, and what is decided. Times are seconds after the pool was made.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
use hearth_crd::{ExecutorPool, FailureCause};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{PoolDecision, creation_failed, decide};
use crate::application::decision::SubmitFailure;
use crate::pod_view::PodView;

#[derive(Clone)]
struct World {
    now: Timestamp,
    pool: ExecutorPool,
    pods: Vec<Arc<PodView>>,
    has_ended: bool,
    surplus_since: Option<Timestamp>,
}

fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

impl World {
    /// A pool of `replicas`, without a pod.
    fn new(replicas: i32) -> Self {
        let pool = json!({
            "apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool",
            "metadata": {"name": "pi", "uid": "pool", "generation": 1, "creationTimestamp": at(0).to_string()},
            "spec": {"application": "pi", "replicas": replicas},
        });
        let pool = serde_json::from_value(pool).unwrap();
        Self { now: at(0), pool, pods: Vec::new(), has_ended: false, surplus_since: None }
    }

    /// A pool of `replicas` that has been running for long.
    fn running(replicas: u32) -> Self {
        let mut world = Self::new(i32::try_from(replicas).unwrap()).at(100);
        for number in 1..=replicas {
            world = world.pod(number, &running(1));
        }
        world.apply();
        world
    }

    fn at(mut self, seconds: i64) -> Self {
        self.now = at(seconds);
        self
    }

    fn replicas(mut self, replicas: i32) -> Self {
        self.pool.spec.replicas = replicas;
        self
    }

    fn pod(mut self, number: u32, status: &Value) -> Self {
        let pod = json!({
            "metadata": {"name": format!("pi-1-exec-{number}"), "uid": format!("uid-{number}"),
                         "labels": {"spark-exec-id": number.to_string()}, "creationTimestamp": at(0).to_string()},
            "status": status,
        });
        self.pods.retain(|pod| pod.executor_number() != Some(number));
        self.pods.push(Arc::new(serde_json::from_value(pod).unwrap()));
        self
    }

    fn gone(mut self, number: u32) -> Self {
        self.pods.retain(|pod| pod.executor_number() != Some(number));
        self
    }

    fn keeps(mut self) -> Self {
        let kept = ("hearth.dev/keep-executors".to_owned(), "true".to_owned());
        self.pool.metadata.annotations = Some([kept].into());
        self
    }

    fn decide(&self) -> PoolDecision {
        decide(self.now, &self.pool, &self.pods, self.has_ended, self.surplus_since)
    }

    fn apply(&mut self) -> PoolDecision {
        let decision = self.decide();
        if let Some(status) = &decision.status {
            let text = serde_json::to_string(status).unwrap();
            self.pool.status = Some(serde_json::from_str(&text).unwrap());
        }
        decision
    }

    fn check(&self, expected: &Expect) {
        expected.assert_eq(&shown(&self.decide()));
    }

    fn apply_and_check(&mut self, expected: &Expect) {
        expected.assert_eq(&shown(&self.apply()));
    }
}

fn pending() -> Value {
    json!({"phase": "Pending"})
}

fn running(since: i64) -> Value {
    let state = json!({"running": {"startedAt": at(since).to_string()}});
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "spark-kubernetes-executor", "ready": true, "state": state}]})
}

fn ended(code: i32, reason: &str, started: i64, finished: i64) -> Value {
    let state = json!({"terminated": {"exitCode": code, "reason": reason,
        "startedAt": at(started).to_string(), "finishedAt": at(finished).to_string()}});
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    json!({"phase": phase, "containerStatuses": [{"name": "spark-kubernetes-executor", "state": state}]})
}

fn shown(decision: &PoolDecision) -> String {
    let mut text = String::new();
    if let Some(status) = &decision.status {
        let next = status.next_executor_id.map(|next| next.to_string()).unwrap_or_default();
        let (replicas, ready, failed) = (status.replicas, status.ready_replicas, status.failed_executors);
        writeln!(
            text,
            "status: {ready} of {replicas} ready, next [{next}], failed {failed}, starts {}",
            status.failed_starts
        )
        .unwrap();
        for condition in status.conditions.iter().flatten() {
            writeln!(
                text,
                "  {} {} {}: {}",
                condition.type_, condition.status, condition.reason, condition.message
            )
            .unwrap();
        }
    }
    let names: Vec<&str> = decision.delete.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        writeln!(text, "delete {names:?}").unwrap();
    }
    if !decision.create.is_empty() {
        writeln!(text, "create {:?}", decision.create).unwrap();
    }
    for report in &decision.reports {
        let fault = if report.caused_by_app { "its fault" } else { "not its fault" };
        writeln!(text, "report {} {:?} ({fault}): {}", report.executor, report.exit_code, report.message)
            .unwrap();
    }
    for note in &decision.notes {
        writeln!(
            text,
            "{} {}: {}",
            if note.warning { "warning" } else { "event" },
            note.reason,
            note.message
        )
        .unwrap();
    }
    if let Some(wait) = decision.look_again {
        writeln!(text, "again in {} s", wait.as_secs_f64()).unwrap();
    }
    if text.is_empty() { "nothing".to_owned() } else { text }
}

#[test]
fn the_first_executors_are_made_without_a_write() {
    World::new(3).check(&expect![[r#"
        create [1, 2, 3]
        again in 3 s
    "#]]);
    // One is there already: an operator was killed in between.
    World::new(3).pod(2, &pending()).check(&expect![[r#"
        create [1, 3]
        again in 3 s
    "#]]);
    World::new(0).check(&expect![[r#"
        again in 3 s
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
fn counts_are_gathered_for_a_moment() {
    let world = World::new(1).pod(1, &running(1));
    world.clone().at(1).check(&expect![[r#"
        again in 2 s
    "#]]);
    world.at(3).check(&expect![[r#"
        status: 1 of 1 ready, next [2], failed 0, starts 0
          Ready True AllReady: 1 of 1 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
    "#]]);
}

#[test]
fn bounds_and_the_limit_hold() {
    let mut world = World::new(1_000_000);
    assert_eq!(world.decide().create.len(), 250);
    assert_eq!(super::decide::wanted(&world.pool), 10_000);
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
fn a_wait_set_by_a_clock_that_jumped_back_does_not_count() {
    let mut world = World::running(1).pod(1, &ended(1, "Error", 99, 100));
    world.apply();
    assert_eq!(world.gone(1).at(-50_000).decide().create, [2]);
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
    world.surplus_since = Some(at(95));
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4"]
        again in 5 s
    "#]]);
    // Of those that run, the newest.
    world.surplus_since = Some(at(90));
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4", "pi-1-exec-3"]
        again in 10 s
    "#]]);
    // The clock jumped back.
    world.surplus_since = Some(at(5000));
    world.check(&expect![[r#"
        status: 3 of 4 ready, next [5], failed 0, starts 0
          Ready True AllReady: 3 of 2 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-4"]
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
    world.surplus_since = Some(at(90));
    world.check(&expect![[r#"
        status: 1 of 1 ready, next [3], failed 0, starts 0
          Ready True AllReady: 1 of 0 executors are ready
          Blocked False NotBlocked: executors are made as they are asked for
        delete ["pi-1-exec-2", "pi-1-exec-1"]
        again in 10 s
    "#]]);
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
    // The event is not repeated, and the wait grows.
    let again = creation_failed(world.now, &world.pool, &failure);
    assert_eq!((again.notes, again.look_again.map(|wait| wait.as_secs())), (Vec::new(), Some(3)));
}

#[test]
fn a_pool_that_is_being_deleted_is_left_alone() {
    let mut world = World::running(2).replicas(5);
    world.pool.metadata.deletion_timestamp = world.pool.metadata.creation_timestamp.clone();
    world.check(&expect!["nothing"]);
}
