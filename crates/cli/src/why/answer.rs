//! From what is known of an application to the one thing that it is waiting for. Values only.

use std::time::Duration;

use hearth_crd::{
    ApplicationStateType, ExecutorPool, RestartPolicy, SparkApplication, SparkApplicationStatus,
    with_defaults,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, Pod, ResourceQuota};
use serde::Serialize;

use super::{pods, quota};
use crate::cluster_client::QUEUE_LABEL;
use crate::follow::{has_ended, role};
use crate::list::state_name;
use crate::time::{age, elapsed};

/// How long the operator may take to look at a new application.
const PROMPT: i64 = 5;

/// What is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) application: &'a SparkApplication,
    pub(super) pods: &'a [Pod],
    pub(super) pool: Option<&'a ExecutorPool>,
    /// Oldest first.
    pub(super) events: &'a [Event],
    pub(super) quotas: &'a [ResourceQuota],
    pub(super) now: Timestamp,
}

/// What an application is waiting for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Answer {
    application: String,
    namespace: String,
    state: String,
    /// A word for programs.
    reason: Reason,
    /// What it is waiting for, in sentences.
    message: String,
    /// What to do, in sentences; empty if there is nothing to do.
    advice: String,
}

/// What an application is waiting for, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Reason {
    /// The operator.
    Operator,
    /// A queue, or somebody who resumes it.
    Suspended,
    /// Room in a quota.
    Quota,
    /// A node.
    Node,
    /// A scheduling gate.
    Gate,
    /// An image.
    Image,
    /// A secret, a config map, a volume or a command.
    Config,
    /// Its pods to start, which takes a moment.
    Start,
    /// The next try.
    Retry,
    /// Pods that are being removed.
    Removal,
    /// A node that does not answer.
    NodeLost,
    /// Executors that fail as soon as they start.
    CrashLoop,
    /// Nothing: it works.
    Nothing,
    /// Nothing: it ended.
    Ended,
}

impl Answer {
    /// One paragraph, and one on what to do.
    pub(super) fn text(&self) -> String {
        let Self { application, namespace, state, message, advice, .. } = self;
        let advice = match advice.as_str() {
            "" => String::new(),
            advice => format!("What to do, in namespace {namespace}: {advice}\n"),
        };
        format!("{application} ({state}): {message}\n{advice}")
    }
}

/// The reason, the message and the advice.
pub(super) type Found = (Reason, String, String);

/// What the application is waiting for.
pub(super) fn answer(facts: &Facts<'_>) -> Answer {
    let application = facts.application;
    let (reason, message, advice) = find(facts);
    Answer {
        application: application.metadata.name.clone().unwrap_or_default(),
        namespace: application.metadata.namespace.clone().unwrap_or_default(),
        state: state_name(application),
        reason,
        message,
        advice,
    }
}

/// Whether the answer depends on the pods: who may not see them must not be told that there are none.
pub(super) fn depends_on_pods(application: &SparkApplication) -> bool {
    let state = application.status.as_ref().and_then(|status| status.application_state.as_ref());
    let depends = match state.map_or(ApplicationStateType::New, |state| state.state) {
        ApplicationStateType::New => application.spec.suspend != Some(true),
        ApplicationStateType::Submitted
        | ApplicationStateType::Running
        | ApplicationStateType::PendingRerun
        | ApplicationStateType::Invalidating
        | ApplicationStateType::Suspending
        | ApplicationStateType::Resuming
        | ApplicationStateType::Unknown => true,
        ApplicationStateType::Succeeding
        | ApplicationStateType::Failing
        | ApplicationStateType::SubmissionFailed
        | ApplicationStateType::Suspended
        | ApplicationStateType::Completed
        | ApplicationStateType::Failed => false,
    };
    depends || application.metadata.deletion_timestamp.is_some()
}

fn find(facts: &Facts<'_>) -> Found {
    let application = facts.application;
    let name = application.metadata.name.as_deref().unwrap_or_default();
    if application.metadata.deletion_timestamp.is_some() {
        return removal(facts, "it is being deleted");
    }
    let nothing = SparkApplicationStatus::default();
    let status = application.status.as_ref().unwrap_or(&nothing);
    let state = status.application_state.as_ref();
    let error = state.and_then(|state| state.error_message.as_deref()).unwrap_or_default().trim();
    let generation = application.metadata.generation;
    let is_behind = status.observed_generation.is_some() && status.observed_generation < generation;
    match state.map_or(ApplicationStateType::New, |state| state.state) {
        ApplicationStateType::New if application.spec.suspend == Some(true) => suspended(application),
        ApplicationStateType::New => new(facts),
        ApplicationStateType::Suspended => suspended(application),
        ApplicationStateType::Submitted | ApplicationStateType::Resuming => pods::driver(facts),
        ApplicationStateType::Running => pods::executors(facts),
        ApplicationStateType::Succeeding => (
            Reason::Removal,
            "the program ended well; what it leaves behind is being dealt with".to_owned(),
            String::new(),
        ),
        ApplicationStateType::SubmissionFailed if has_ended(application) => (
            Reason::Ended,
            format!("it could not be submitted and waits for nothing: {error}"),
            "change the manifest, and submit it again".to_owned(),
        ),
        ApplicationStateType::SubmissionFailed => submission_failed(facts, status, error),
        ApplicationStateType::Failing => {
            retry(facts, status, error, |policy| policy.on_failure_retry_interval)
        }
        ApplicationStateType::PendingRerun => removal(facts, "it is about to be submitted again"),
        ApplicationStateType::Invalidating => {
            removal(facts, "its spec was changed, and the run under the old one is being ended")
        }
        ApplicationStateType::Suspending => removal(facts, "it is being suspended"),
        ApplicationStateType::Unknown => (
            Reason::NodeLost,
            format!("{} does not answer, so nobody knows how the driver is", node_of_driver(facts)),
            format!(
                "see the node: kubectl get nodes; if it is gone for good, kubectl delete pod {name}-driver --force"
            ),
        ),
        ApplicationStateType::Completed | ApplicationStateType::Failed if is_behind => operator(facts),
        ApplicationStateType::Completed => (
            Reason::Ended,
            "it ended well and waits for nothing".to_owned(),
            format!("to run it again: hearth rerun {name}"),
        ),
        ApplicationStateType::Failed => (
            Reason::Ended,
            format!(
                "it failed and waits for nothing: {}",
                if error.is_empty() { "no cause is known" } else { error }
            ),
            format!("see hearth status {name} and hearth logs {name}; to run it again: hearth rerun {name}"),
        ),
    }
}

fn suspended(application: &SparkApplication) -> Found {
    let name = application.metadata.name.as_deref().unwrap_or_default();
    let labels = application.metadata.labels.as_ref();
    match labels.and_then(|labels| labels.get(QUEUE_LABEL)) {
        Some(queue) => (
            Reason::Suspended,
            format!("it is suspended until Kueue has room for it in the queue {queue}"),
            format!("see what the queue holds: kubectl get workloads; kubectl describe localqueue {queue}"),
        ),
        None => (
            Reason::Suspended,
            "it is suspended: spec.suspend is true, and no queue is named that would change it".to_owned(),
            format!(
                "to let it go: kubectl patch sparkapp {name} --type merge -p '{{\"spec\":{{\"suspend\":false}}}}'"
            ),
        ),
    }
}

fn new(facts: &Facts<'_>) -> Found {
    let made = facts.application.metadata.creation_timestamp.as_ref().map(|time| time.0);
    if made.is_some_and(|made| facts.now.as_second() - made.as_second() < PROMPT) {
        return (
            Reason::Operator,
            "it was made a moment ago; the operator is about to take it".to_owned(),
            String::new(),
        );
    }
    let why = "an application of this name was deleted, and this one begins once what that one left is gone";
    if pods::is_any_of_another(facts) || pods::waiting(facts).is_some() {
        return removal(facts, why);
    }
    operator(facts)
}

fn operator(facts: &Facts<'_>) -> Found {
    let namespace = facts.application.metadata.namespace.as_deref().unwrap_or_default();
    let made = facts.application.metadata.creation_timestamp.as_ref();
    let since = made.map(|made| format!(" since {}", age(made.0, facts.now))).unwrap_or_default();
    (
        Reason::Operator,
        format!("no operator has looked at it{since}: none runs, or none watches the namespace {namespace}"),
        format!(
            "see whether it runs: kubectl get pods -A -l app.kubernetes.io/name=hearth; and whether the chart's value \
             spark.jobNamespaces has {namespace}"
        ),
    )
}

fn submission_failed(facts: &Facts<'_>, status: &SparkApplicationStatus, error: &str) -> Found {
    if let Some(found) = quota::of_message(error, facts.quotas) {
        return found;
    }
    retry(facts, status, error, |policy| policy.on_submission_failure_retry_interval)
}

fn retry(
    facts: &Facts<'_>,
    status: &SparkApplicationStatus,
    error: &str,
    interval: impl Fn(&RestartPolicy) -> Option<i64>,
) -> Found {
    let name = facts.application.metadata.name.as_deref().unwrap_or_default();
    let spec = with_defaults(facts.application.spec.clone());
    let seconds = spec.restart_policy.as_ref().and_then(interval).unwrap_or(5);
    let attempts = i64::from(status.submission_attempts.unwrap_or(1));
    let last = status.last_submission_attempt_time.as_ref().map(|time| time.0.as_second());
    let left = last.map(|last| last + seconds.saturating_mul(attempts) - facts.now.as_second());
    let when = match left {
        Some(left) if left > 0 => {
            format!(" in {}", elapsed(Duration::from_secs(left.unsigned_abs())))
        }
        Some(_) | None => " soon".to_owned(),
    };
    let because = if error.is_empty() { String::new() } else { format!(": {error}") };
    (
        Reason::Retry,
        format!(
            "attempt {attempts} failed{because}. It is tried again{when}, if spec.restartPolicy allows it"
        ),
        format!("see hearth status {name} for the attempts and hearth logs {name} for the log"),
    )
}

/// Waits for pods to be gone.
fn removal(facts: &Facts<'_>, why: &str) -> Found {
    let names: Vec<&str> = facts.pods.iter().filter_map(|pod| pod.metadata.name.as_deref()).collect();
    let finalizers = facts.application.metadata.finalizers.iter().flatten();
    let others: Vec<&str> =
        finalizers.map(String::as_str).filter(|name| *name != "foregroundDeletion").collect();
    if names.is_empty() && !others.is_empty() {
        let others = others.join(", ");
        return (
            Reason::Removal,
            format!("{why}, and waits for whoever set the finalizers {others}"),
            "see whether that controller runs".to_owned(),
        );
    }
    if names.is_empty() {
        return match pods::waiting(facts) {
            Some(waiting) => (
                Reason::Removal,
                format!("{why}; {waiting}"),
                "see who holds it back: its metadata.finalizers".to_owned(),
            ),
            None => (Reason::Removal, format!("{why}; its pods are gone already"), String::new()),
        };
    }
    let stuck = facts.pods.iter().find(|pod| {
        let asked = pod.metadata.deletion_timestamp.as_ref();
        asked.is_some_and(|asked| facts.now.as_second() - asked.0.as_second() > 60)
    });
    let pod_name = |pod: &Pod| pod.metadata.name.clone().unwrap_or_default();
    match stuck.map(pod_name) {
        Some(pod) => (
            Reason::Removal,
            format!("{why}, but the pod {pod} does not go: its node may be gone, or a finalizer holds it"),
            format!(
                "see kubectl describe pod {pod}; if its node is gone for good: kubectl delete pod {pod} --force"
            ),
        ),
        None => (
            Reason::Removal,
            format!("{why}; its pods are given time to end: {}", names.join(", ")),
            String::new(),
        ),
    }
}

fn node_of_driver(facts: &Facts<'_>) -> String {
    let driver = facts.pods.iter().find(|pod| role(pod) == "driver");
    let node = driver.and_then(|pod| pod.spec.as_ref()?.node_name.as_deref());
    node.map_or_else(|| "the driver's node".to_owned(), |node| format!("the node {node}"))
}

#[cfg(test)]
mod tests;
