//! What the driver, or the executors of a driver that runs, are waiting for. Values only.

use hearth_crd::is_dynamic_allocation;
use k8s_openapi::api::core::v1::{Event, Pod};

use super::answer::{Facts, Found, Reason};
use super::quota;
use crate::cluster_client::{Wait, WaitReason, event_time, is_ended, is_running, wait};
use crate::follow::{role, wanted};
use crate::time::age;

/// How old an event may be and still say something about now, in seconds.
const RECENT: i64 = 600;

/// What a submitted application waits for.
pub(super) fn driver(facts: &Facts<'_>) -> Found {
    let Some(driver) = facts.pods.iter().find(|pod| role(pod) == "driver") else {
        let made = "the driver's pod is about to be made".to_owned();
        return blocked_by_event(facts).unwrap_or_else(|| (Reason::Start, made, String::new()));
    };
    match wait(driver) {
        Some(wait) => pod(facts, driver, &wait, "the driver"),
        None if is_running(driver) => {
            (Reason::Start, "the driver has just started".to_owned(), String::new())
        }
        None => {
            (Reason::Operator, "the driver ended; the operator is about to say so".to_owned(), String::new())
        }
    }
}

/// What a running application waits for: nothing, unless executors are missing.
pub(super) fn executors(facts: &Facts<'_>) -> Found {
    let pods: Vec<&Pod> = facts.pods.iter().filter(|pod| role(pod) == "executor" && !is_ended(pod)).collect();
    let running = pods.iter().filter(|pod| is_running(pod)).count();
    let asked = facts.pool.and_then(|pool| usize::try_from(pool.spec.replicas).ok());
    let asked = asked.or_else(|| wanted(facts.application)).unwrap_or(pods.len());
    if running >= asked {
        return works(facts, running);
    }
    let missing = format!("{running} of {asked} executors run, so it works more slowly or not at all");
    let waiting = pods.iter().filter_map(|pod| wait(pod).map(|wait| (*pod, wait)));
    let mut waiting: Vec<(&Pod, Wait)> = waiting.collect();
    // A problem says more than a pod that is about to start.
    waiting.sort_by_key(|(_, wait)| !wait.reason.is_problem());
    let first = waiting.first().map(|(first, wait)| pod(facts, first, wait, "an executor"));
    let (reason, message, advice) = match first {
        Some(found) if waiting.first().is_some_and(|(_, wait)| wait.reason.is_problem()) => found,
        first => blocked_by_pool(facts).or_else(|| blocked_by_event(facts)).or(first).unwrap_or_else(|| {
            (Reason::Start, "the pods of the others are about to be made".to_owned(), String::new())
        }),
    };
    (reason, format!("{missing}: {message}"), advice)
}

fn works(facts: &Facts<'_>, running: usize) -> Found {
    let name = facts.application.metadata.name.as_deref().unwrap_or_default();
    let allocated = if is_dynamic_allocation(&facts.application.spec) {
        "as many as its driver asks for"
    } else {
        "all that it is to have"
    };
    (
        Reason::Nothing,
        format!("it waits for nothing: the driver runs, and {running} executors, {allocated}"),
        format!("to see what it does: hearth logs -f {name}"),
    )
}

/// What one pod waits for.
fn pod(facts: &Facts<'_>, pod: &Pod, wait: &Wait, who: &str) -> Found {
    let pod_name = pod.metadata.name.as_deref().unwrap_or_default();
    let message = format!("{who} ({pod_name}) waits: {}", wait.message);
    let field = if who == "the driver" { "spec.driver" } else { "spec.executor" };
    match wait.reason {
        WaitReason::Node => (Reason::Node, message, node_advice(&wait.message, field)),
        WaitReason::Gate => {
            let advice = "see who set spec.schedulingGates of the pod, and what it waits for".to_owned();
            (Reason::Gate, message, advice)
        }
        WaitReason::Image => {
            let advice = format!(
                "see that spec.image or {field}.image names an image that exists, that the nodes reach the registry, and \
                 that spec.imagePullSecrets has the key to a private one"
            );
            (Reason::Image, message, advice)
        }
        WaitReason::Config => {
            let advice = format!("make what is missing, or remove it from {field}");
            (Reason::Config, message, advice)
        }
        WaitReason::Start => match trouble(facts, pod_name) {
            Some(trouble) => {
                let advice = format!("see that the volumes, secrets and config maps of {field} exist");
                (Reason::Config, format!("{message}, and has trouble: {trouble}"), advice)
            }
            None => (Reason::Start, message, String::new()),
        },
        WaitReason::Scheduler => {
            let scheduler = pod.spec.as_ref().and_then(|spec| spec.scheduler_name.as_deref());
            let advice = match scheduler.filter(|name| *name != "default-scheduler") {
                Some(name) => format!("see whether the scheduler {name} runs"),
                None => String::new(),
            };
            (Reason::Start, message, advice)
        }
        WaitReason::Deleted => (Reason::Removal, message, String::new()),
    }
}

/// What helps against what the scheduler says.
fn node_advice(said: &str, field: &str) -> String {
    let mut ways = Vec::new();
    if said.contains("Insufficient cpu") {
        ways.push(format!("ask for less in {field}.cores or {field}.coreRequest"));
    }
    if said.contains("Insufficient memory") {
        ways.push(format!("ask for less in {field}.memory or {field}.memoryOverhead"));
    }
    if said.contains("Insufficient") && ways.is_empty() {
        ways.push(format!("ask for less in {field}"));
    }
    if said.contains("taint") {
        ways.push(format!("add {field}.tolerations for the taints"));
    }
    if said.contains("affinity") || said.contains("selector") {
        ways.push(format!("see that nodes have the labels of {field}.nodeSelector and {field}.affinity"));
    }
    if said.contains("persistentvolumeclaim") || said.contains("volume") {
        ways.push("see that the claims of spec.volumes exist and are bound".to_owned());
    }
    ways.push("add nodes, or end what takes the room: hearth list -A".to_owned());
    ways.join("; or ")
}

/// What the latest warning about a pod says.
fn trouble(facts: &Facts<'_>, pod: &str) -> Option<String> {
    let event = facts.events.iter().rev().find(|event| {
        event.involved_object.name.as_deref() == Some(pod) && event.type_.as_deref() == Some("Warning")
    })?;
    let said = event.message.as_deref().unwrap_or_default().trim();
    Some(format!("{}: {said}", event.reason.as_deref().unwrap_or_default()))
}

/// What keeps the pool from making executors: its condition `Blocked`, or the wait after failures.
fn blocked_by_pool(facts: &Facts<'_>) -> Option<Found> {
    let status = facts.pool?.status.as_ref()?;
    let name = facts.application.metadata.name.as_deref().unwrap_or_default();
    let mut conditions = status.conditions.iter().flatten();
    let blocked = conditions.find(|one| one.type_ == "Blocked" && one.status == "True");
    if let Some(found) = blocked.and_then(|blocked| quota::of_message(&blocked.message, facts.quotas)) {
        return Some(found);
    }
    let latest = status.failures.iter().flatten().next_back();
    let until = status.retry_time.as_ref().filter(|until| until.0 > facts.now);
    // Without a failure of a pod it was the making of pods that failed, which is told by an event.
    if let (Some(until), Some(latest)) = (until, latest) {
        let message = format!(
            "{} executors in a row failed before they were ready, so the next is made in {}; the latest: {}",
            status.failed_starts,
            age(facts.now, until.0),
            latest.message
        );
        let advice = format!("see hearth status {name} for their causes");
        return Some((Reason::CrashLoop, message, advice));
    }
    let message = &blocked?.message;
    let advice = format!("see kubectl describe executorpool {name}");
    Some((Reason::Config, format!("no executor can be made: {message}"), advice))
}

/// Whether there are pods of an earlier application of this name.
pub(super) fn is_any_of_another(facts: &Facts<'_>) -> bool {
    let uid = facts.application.metadata.uid.as_deref();
    let is_ours = |pod: &Pod| {
        let mut owners = pod.metadata.owner_references.iter().flatten();
        owners.any(|owner| Some(owner.uid.as_str()) == uid)
    };
    !facts.pods.iter().all(is_ours)
}

/// What the operator says that a submission waits for.
pub(super) fn waiting<'a>(facts: &Facts<'a>) -> Option<&'a str> {
    let uid = facts.application.metadata.uid.as_ref();
    let event = facts.events.iter().rev().find(|event| {
        let is_waiting = event.reason.as_deref() == Some(hearth_operator::application::decision::WAITING);
        // Not of an earlier application of this name.
        is_waiting && is_recent(facts, event) && event.involved_object.uid.as_ref() == uid
    })?;
    event.message.as_deref().map(str::trim)
}

fn is_recent(facts: &Facts<'_>, event: &Event) -> bool {
    event_time(event).is_some_and(|time| facts.now.as_second() - time.as_second() < RECENT)
}

/// What the latest warning about the application or its pool says about pods that cannot be made.
fn blocked_by_event(facts: &Facts<'_>) -> Option<Found> {
    let event = facts.events.iter().rev().find(|event| {
        let is_pod = event.involved_object.kind.as_deref() == Some("Pod");
        is_recent(facts, event) && !is_pod && event.type_.as_deref() == Some("Warning")
    })?;
    let said = event.message.as_deref().unwrap_or_default().trim();
    quota::of_message(said, facts.quotas).or_else(|| {
        let reason = event.reason.as_deref().unwrap_or_default();
        Some((Reason::Config, format!("the operator says {reason}: {said}"), String::new()))
    })
}
