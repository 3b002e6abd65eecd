//! A pool, its executors and the time; decisions as text. Times are seconds after the pool was made.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use expect_test::Expect;
use hearth_crd::ExecutorPool;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{Facts, PoolDecision, decide};
use crate::pod_view::{PodView, Reference};
use crate::testing::show_notes;

#[derive(Clone)]
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) pool: ExecutorPool,
    pub(super) pods: Vec<Arc<PodView>>,
    pub(super) has_ended: bool,
    pub(super) surplus_for: Option<Duration>,
    pub(super) highest_told: u32,
    pub(super) missing: BTreeSet<Reference>,
    pub(super) invalid: Option<String>,
}

pub(super) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

impl World {
    /// A pool of `replicas`, without a pod.
    pub(super) fn new(replicas: i32) -> Self {
        let pool = json!({
            "apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool",
            "metadata": {"name": "pi", "uid": "pool", "generation": 1, "creationTimestamp": at(0).to_string()},
            "spec": {"application": "pi", "replicas": replicas},
        });
        let pool = serde_json::from_value(pool).unwrap();
        Self {
            now: at(0),
            pool,
            pods: Vec::new(),
            has_ended: false,
            surplus_for: None,
            highest_told: 0,
            missing: BTreeSet::new(),
            invalid: None,
        }
    }

    /// A pool of `replicas` that has been running for long.
    pub(super) fn running(replicas: u32) -> Self {
        let mut world = Self::new(i32::try_from(replicas).unwrap()).at(100);
        for number in 1..=replicas {
            world = world.pod(number, &running(1));
        }
        world.apply();
        world
    }

    pub(super) fn at(mut self, seconds: i64) -> Self {
        self.now = at(seconds);
        self
    }

    pub(super) fn replicas(mut self, replicas: i32) -> Self {
        self.pool.spec.replicas = replicas;
        self
    }

    pub(super) fn pod(mut self, number: u32, status: &Value) -> Self {
        let pod = json!({
            "metadata": {"name": format!("pi-1-exec-{number}"), "uid": format!("uid-{number}"),
                         "labels": {"spark-exec-id": number.to_string()}, "creationTimestamp": at(0).to_string()},
            "status": status,
        });
        self.pods.retain(|pod| pod.executor_number() != Some(number));
        self.pods.push(Arc::new(serde_json::from_value(pod).unwrap()));
        self
    }

    pub(super) fn gone(mut self, number: u32) -> Self {
        self.pods.retain(|pod| pod.executor_number() != Some(number));
        self
    }

    pub(super) fn keeps(mut self) -> Self {
        let kept = ("hearth.dev/keep-executors".to_owned(), "true".to_owned());
        self.pool.metadata.annotations = Some([kept].into());
        self
    }

    pub(super) fn decide(&self) -> PoolDecision {
        let Self { has_ended, highest_told, surplus_for, .. } = *self;
        let (missing, invalid) = (self.missing.clone(), self.invalid.clone());
        let facts = Facts { has_ended, highest_told, surplus_for, missing, invalid };
        decide(self.now, &self.pool, &self.pods, &facts)
    }

    pub(super) fn apply(&mut self) -> PoolDecision {
        let decision = self.decide();
        if let Some(status) = &decision.status {
            let text = serde_json::to_string(status).unwrap();
            self.pool.status = Some(serde_json::from_str(&text).unwrap());
        }
        decision
    }

    pub(super) fn check(&self, expected: &Expect) {
        expected.assert_eq(&shown(&self.decide()));
    }

    pub(super) fn apply_and_check(&mut self, expected: &Expect) {
        expected.assert_eq(&shown(&self.apply()));
    }
}

pub(super) fn pending() -> Value {
    json!({"phase": "Pending"})
}

pub(super) fn running(since: i64) -> Value {
    let state = json!({"running": {"startedAt": at(since).to_string()}});
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [{"name": "spark-kubernetes-executor", "ready": true, "state": state}]})
}

pub(super) fn ended(code: i32, reason: &str, started: i64, finished: i64) -> Value {
    let state = json!({"terminated": {"exitCode": code, "reason": reason,
        "startedAt": at(started).to_string(), "finishedAt": at(finished).to_string()}});
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    json!({"phase": phase, "containerStatuses": [{"name": "spark-kubernetes-executor", "state": state}]})
}

pub(super) fn shown(decision: &PoolDecision) -> String {
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
    show_notes(&mut text, &decision.notes, decision.look_again);
    if text.is_empty() { "nothing".to_owned() } else { text }
}
