//! Pods that were taken away: evicted, preempted, deleted, or gone with their node.

use hearth_crd::FailureCause;
use jiff::SignedDuration;

use super::text::after_colon;
use super::{Failure, Role};
use crate::pod_view::{Phase, PodView};

/// Why a pod was taken away, if it was. A pod that is being deleted but still runs on a node that answers is not lost yet.
///
/// `DisruptionTarget` is what Kubernetes itself says; the reason of the pod is what kubelets say.
pub fn loss_of(pod: &PodView, role: Role) -> Option<Failure> {
    let has_ended = pod.terminated().is_some() || matches!(pod.phase(), Phase::Failed | Phase::Succeeded);
    let was_given_up = pod.is_given_up();
    if !has_ended && !was_given_up {
        return None;
    }
    by_disruption(pod, role).or_else(|| by_reason(pod, role)).or_else(|| by_deletion(pod, role))
}

/// What is said of a pod that is not there any more, and of which nothing else is known.
pub fn pod_gone(role: Role) -> Failure {
    let role = role.as_str();
    Failure::new(
        FailureCause::PodDeleted,
        format!(
            "{role} pod not found: somebody deleted it, or its node is gone; spec.restartPolicy says whether it is run again"
        ),
    )
}

fn by_disruption(pod: &PodView, role: Role) -> Option<Failure> {
    let condition = pod.condition("DisruptionTarget").filter(|condition| &*condition.status == "True")?;
    let reason = condition.reason.as_deref().unwrap_or_default();
    let told = after_colon(condition.message.as_deref());
    let name = role.as_str();
    let (cause, sentence) = match reason {
        "PreemptionByScheduler" => {
            let advice = format!("give spec.{name}.priorityClassName a higher priority");
            (
                FailureCause::Preempted,
                format!("a pod with a higher priority took the place of the {name}{told}; {advice}"),
            )
        }
        "DeletionByPodGC" => (FailureCause::NodeLost, format!("the node of the {name} is gone{told}")),
        "DeletionByTaintManager" if pod.is_unreachable() => {
            (FailureCause::NodeLost, format!("the node of the {name} does not answer{told}"))
        }
        "DeletionByTaintManager" => (
            FailureCause::Evicted,
            format!("the node of the {name} got a taint that it does not tolerate{told}"),
        ),
        "EvictionByEvictionAPI" => {
            (FailureCause::Evicted, format!("the {name} was evicted, as when its node is drained{told}"))
        }
        // `TerminationByKubelet`, and what later versions of Kubernetes may say.
        _ => (FailureCause::Evicted, format!("the node of the {name} ended it{}", pressure(pod, &told))),
    };
    Some(lost(pod, role, cause, reason, sentence))
}

fn by_reason(pod: &PodView, role: Role) -> Option<Failure> {
    let reason = pod.status.reason.as_deref()?;
    let told = after_colon(pod.status.message.as_deref());
    let name = role.as_str();
    let (cause, sentence) = match reason {
        "Evicted" => (
            FailureCause::Evicted,
            format!("the node of the {name} ran out of something and evicted it{told}"),
        ),
        "Preempting" => {
            (FailureCause::Preempted, format!("a more important pod took the place of the {name}{told}"))
        }
        "NodeLost" => (FailureCause::NodeLost, format!("the node of the {name} does not answer{told}")),
        "Shutdown" | "NodeShutdown" | "Terminated" => {
            (FailureCause::Evicted, format!("the node of the {name} was shut down{told}"))
        }
        "UnexpectedAdmissionError" | "NodeAffinity" => {
            (FailureCause::Evicted, format!("the node would not take the {name}{told}"))
        }
        other if other.starts_with("OutOf") => {
            (FailureCause::Evicted, format!("the node had no room for the {name} after all{told}"))
        }
        _ => return None,
    };
    Some(lost(pod, role, cause, reason, sentence))
}

/// A container that ended after its pod was asked to, or that nobody can ask any more.
fn by_deletion(pod: &PodView, role: Role) -> Option<Failure> {
    let deadline = pod.metadata.deletion_timestamp.as_ref()?.0;
    let name = role.as_str();
    if let Some(terminated) = pod.terminated() {
        let grace = SignedDuration::from_secs(
            pod.metadata.deletion_grace_period_seconds.unwrap_or(30).clamp(0, 86_400),
        );
        let asked = deadline.checked_sub(grace).unwrap_or(deadline);
        if terminated.finished_at.as_ref().is_some_and(|finished| finished.0 < asked) {
            return None;
        }
    } else if pod.is_unreachable() {
        let sentence = format!("the node of the {name} does not answer, and the pod was given up");
        return Some(lost(pod, role, FailureCause::NodeLost, "NodeLost", sentence));
    }
    let sentence = format!("somebody deleted the {name}'s pod");
    Some(lost(pod, role, FailureCause::PodDeleted, "Deleted", sentence))
}

fn lost(pod: &PodView, role: Role, cause: FailureCause, reason: &str, message: String) -> Failure {
    let exit_code = pod.terminated().map(|terminated| terminated.exit_code);
    // Executors are replaced without being asked.
    let advice = match role {
        Role::Driver => "; spec.restartPolicy says whether it is run again",
        Role::Executor => "",
    };
    Failure { cause, exit_code, reason: reason.to_owned(), message: message + advice }
}

/// The kubelet's own sentence, which says what ran out; the condition's if there is none.
fn pressure(pod: &PodView, told: &str) -> String {
    let own = after_colon(pod.status.message.as_deref());
    if own.is_empty() { told.to_owned() } else { own }
}
