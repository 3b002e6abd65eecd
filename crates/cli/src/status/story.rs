//! The story of an application in words. Values only.

use std::fmt::Write;

use hearth_crd::{Attempt, AttemptOutcome, ExecutorPool, ExecutorPoolStatus, SparkApplication};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod};

use crate::cluster_client::{
    DRIVER_CONTAINER, EXECUTOR_CONTAINER, container_exit_code, event_time, is_ended, is_running, wait,
};
use crate::follow::{has_ended, role, wanted};
use crate::list::state_name;
use crate::time::age;

/// How many of the latest events are told.
const EVENTS: usize = 10;
/// How many failures of executors are told.
const FAILURES: usize = 5;

/// What is known.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) application: &'a SparkApplication,
    pub(super) pods: &'a [Pod],
    pub(super) pool: Option<&'a ExecutorPool>,
    /// Oldest first.
    pub(super) events: &'a [Event],
}

/// The story, a few lines for each part that has something to tell.
pub(super) fn story(facts: &Facts<'_>, now: Timestamp) -> String {
    let mut text = String::new();
    head(&mut text, facts, now);
    conditions(&mut text, facts, now);
    attempts(&mut text, facts);
    executors(&mut text, facts);
    events(&mut text, facts, now);
    text
}

/// A line; writing to a string does not fail.
fn line(text: &mut String, label: &str, value: &str) {
    writeln!(text, "{label:<12} {value}").ok();
}

fn head(text: &mut String, facts: &Facts<'_>, now: Timestamp) {
    let application = facts.application;
    let metadata = &application.metadata;
    line(text, "Name", metadata.name.as_deref().unwrap_or_default());
    line(text, "Namespace", metadata.namespace.as_deref().unwrap_or_default());
    let status = application.status.as_ref();
    let state = status.and_then(|status| status.application_state.as_ref());
    line(text, "State", &state_name(application));
    if let Some(error) = state.and_then(|state| state.error_message.as_deref()) {
        line(text, "Cause", &indented(error));
    }
    if let Some(made) = &metadata.creation_timestamp {
        line(text, "Age", &age(made.0, now));
    }
    let Some(status) = status else {
        line(text, "", "the operator has not taken it yet; see hearth why");
        return;
    };
    let submissions = status.submission_attempts.unwrap_or_default();
    let runs = status.execution_attempts.unwrap_or_default();
    line(text, "Attempts", &format!("{submissions} submitted, {runs} run"));
    if let Some(pod) = &status.driver_info.pod_name {
        let driver = facts.pods.iter().find(|pod| role(pod) == "driver");
        let now = driver.map(describe_pod).unwrap_or_else(|| "there is no such pod".to_owned());
        let epoch = status.driver_epoch.filter(|epoch| *epoch > 1);
        let epoch = epoch.map(|epoch| format!(", number {epoch} of this run")).unwrap_or_default();
        line(text, "Driver", &format!("{pod}: {now}{epoch}"));
    }
}

fn describe_pod(pod: &Pod) -> String {
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
    let on = node.map(|node| format!(" on {node}")).unwrap_or_default();
    match wait(pod) {
        Some(wait) => format!("waits: {}", wait.message),
        None if is_running(pod) && !has_exited(pod) => format!("runs{on}"),
        None => format!("ended{on}"),
    }
}

fn has_exited(pod: &Pod) -> bool {
    [DRIVER_CONTAINER, EXECUTOR_CONTAINER].iter().any(|name| container_exit_code(pod, name).is_some())
}

fn conditions(text: &mut String, facts: &Facts<'_>, now: Timestamp) {
    let conditions = facts.application.status.as_ref().and_then(|status| status.conditions.as_deref());
    let Some(conditions) = conditions.filter(|conditions| !conditions.is_empty()) else { return };
    text.push_str("\nConditions\n");
    for condition in conditions {
        let since = age(condition.last_transition_time.0, now);
        let message = indented(&condition.message);
        let what = format!("{} {} ({since})", condition.type_, condition.status);
        writeln!(text, "  {what:<24} {} {message}", condition.reason).ok();
    }
}

fn attempts(text: &mut String, facts: &Facts<'_>) {
    let attempts = facts.application.status.as_ref().and_then(|status| status.attempts.as_deref());
    let Some(attempts) = attempts.filter(|attempts| !attempts.is_empty()) else { return };
    text.push_str("\nRuns that ended\n");
    for attempt in attempts {
        writeln!(text, "  {}", describe_attempt(attempt)).ok();
    }
}

fn describe_attempt(attempt: &Attempt) -> String {
    let outcome = match attempt.outcome {
        AttemptOutcome::Succeeded => "succeeded",
        AttemptOutcome::Failed => "failed",
        AttemptOutcome::Invalidated => "ended for a change of the spec",
        AttemptOutcome::Suspended => "suspended",
    };
    let after =
        attempt.start_time.as_ref().map(|start| format!(" after {}", age(start.0, attempt.end_time.0)));
    let cause = attempt.cause.map(|cause| format!(", {}", cause.as_str())).unwrap_or_default();
    let code = attempt.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let message = attempt.message.as_deref().map(|message| format!(": {}", indented(message)));
    format!(
        "{}  {outcome}{}{cause}{code}{}",
        attempt.number,
        after.unwrap_or_default(),
        message.unwrap_or_default()
    )
}

fn executors(text: &mut String, facts: &Facts<'_>) {
    let pods: Vec<&Pod> = facts.pods.iter().filter(|pod| role(pod) == "executor").collect();
    let status = facts.pool.and_then(|pool| pool.status.as_ref());
    if pods.is_empty() && facts.pool.is_none() {
        return;
    }
    if has_ended(facts.application) {
        failures(text, status, "\nExecutors\n");
        return;
    }
    let running = pods.iter().filter(|pod| is_running(pod)).count();
    let asked = facts.pool.map(|pool| pool.spec.replicas.to_string());
    let asked = asked.or_else(|| wanted(facts.application).map(|wanted| wanted.to_string()));
    let asked = asked.map(|asked| format!(" of {asked}")).unwrap_or_default();
    let failed = status.map(|status| status.failed_executors).filter(|failed| *failed > 0);
    let failed = failed.map(|failed| format!(", {failed} failed so far")).unwrap_or_default();
    writeln!(text, "\nExecutors    {running}{asked} run{failed}").ok();
    for pod in pods.iter().filter(|pod| !is_ended(pod)) {
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        writeln!(text, "  {name}: {}", describe_pod(pod)).ok();
    }
    failures(text, status, "");
}

/// The latest failures, after a heading.
fn failures(text: &mut String, status: Option<&ExecutorPoolStatus>, heading: &str) {
    let failures = status.and_then(|status| status.failures.as_deref()).unwrap_or_default();
    if failures.is_empty() {
        return;
    }
    text.push_str(heading);
    for failure in failures.iter().rev().take(FAILURES).rev() {
        let (pod, cause) = (&failure.pod_name, failure.cause.as_str());
        writeln!(text, "  {pod} failed, {cause}: {}", indented(&failure.message)).ok();
    }
}

fn events(text: &mut String, facts: &Facts<'_>, now: Timestamp) {
    if facts.events.is_empty() {
        return;
    }
    text.push_str("\nEvents\n");
    for event in facts.events.iter().skip(facts.events.len().saturating_sub(EVENTS)) {
        let since = event_time(event).map(|time| age(time, now)).unwrap_or_default();
        let object = event.involved_object.name.as_deref().unwrap_or_default();
        let reason = event.reason.as_deref().unwrap_or_default();
        let message = indented(event.message.as_deref().unwrap_or_default());
        writeln!(text, "  {since:>5} ago  {object}  {reason}: {message}").ok();
    }
}

/// A text of several lines, so that the later ones stand below the first.
fn indented(text: &str) -> String {
    text.trim().lines().collect::<Vec<_>>().join("\n             ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn an_application_that_nobody_took_has_a_short_story() {
        let application = testing::application("pi");
        let facts = Facts { application: &application, pods: &[], pool: None, events: &[] };
        expect![[r#"
            Name         pi
            Namespace    default
            State        NEW
            Age          10m
                         the operator has not taken it yet; see hearth why
        "#]]
        .assert_eq(&story(&facts, testing::now()));
    }

    #[test]
    fn the_story_tells_runs_executors_and_events() {
        let mut application = testing::application("pi");
        let attempt = json!({"number": 1, "startTime": "2026-01-01T00:00:00Z", "endTime": "2026-01-01T00:01:00Z",
            "outcome": "Failed", "cause": "OutOfMemory", "exitCode": 137,
            "message": "the driver used more than 896Mi; raise spec.driver.memory"});
        let condition = json!({"type": "Ready", "status": "True", "reason": "Running", "message": "the driver runs",
            "lastTransitionTime": "2026-01-01T00:02:00Z"});
        let status = json!({"driverInfo": {"podName": "pi-driver"},
            "applicationState": {"state": "RUNNING"}, "submissionAttempts": 2, "executionAttempts": 2,
            "driverEpoch": 2, "attempts": [attempt], "conditions": [condition]});
        application.status = serde_json::from_value(status).unwrap();
        let failure = json!({"executor": 1, "podName": "pi-2-exec-1", "time": "2026-01-01T00:03:00Z",
            "cause": "Evicted", "exitCode": 143, "message": "the node is low on memory"});
        let pool = json!({"apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool", "metadata": {"name": "pi"},
            "spec": {"application": "pi", "replicas": 2}, "status": {"failedExecutors": 1, "failures": [failure]}});
        let pool: ExecutorPool = serde_json::from_value(pool).unwrap();
        let event = json!({"metadata": {}, "involvedObject": {"kind": "SparkApplication", "name": "pi"},
            "reason": "SparkDriverRunning", "message": "the driver runs", "lastTimestamp": "2026-01-01T00:02:00Z"});
        let events: Vec<Event> = vec![serde_json::from_value(event).unwrap()];
        let pods = [
            testing::pod("pi-driver", "driver", "Running"),
            testing::pod("pi-2-exec-2", "executor", "Running"),
            testing::pending_pod("pi-2-exec-3", "executor", "2 Insufficient cpu."),
        ];
        let facts = Facts { application: &application, pods: &pods, pool: Some(&pool), events: &events };
        expect![[r#"
            Name         pi
            Namespace    default
            State        RUNNING
            Age          10m
            Attempts     2 submitted, 2 run
            Driver       pi-driver: runs, number 2 of this run

            Conditions
              Ready True (8m)          Running the driver runs

            Runs that ended
              1  failed after 60s, OutOfMemory, exit code 137: the driver used more than 896Mi; raise spec.driver.memory

            Executors    1 of 2 run, 1 failed so far
              pi-2-exec-2: runs
              pi-2-exec-3: waits: no node fits it: 2 Insufficient cpu
              pi-2-exec-1 failed, Evicted: the node is low on memory

            Events
                 8m ago  pi  SparkDriverRunning: the driver runs
        "#]].assert_eq(&story(&facts, testing::now()));
    }
}
