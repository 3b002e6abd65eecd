//! Pods that do not start: what they wait for.

use std::collections::BTreeSet;

use hearth_crd::FailureCause;
use jiff::Timestamp;

use super::text::after_colon;
use super::{Failure, Role};
use crate::pod_view::{ContainerStatusView, PodView, Reference};

/// What a pod waits for that may never come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What to say if it is given up.
    pub failure: Failure,
    /// Since when it waits, where Kubernetes says so: for containers that cannot be made it does not, and a pull that fails in
    /// the end may have taken long.
    pub since: Option<Timestamp>,
    /// Whether waiting cannot help.
    pub is_hopeless: bool,
}

/// What a pod waits for, if that may never come. A pod that is merely being started waits for nothing.
///
/// `missing` is what pods of the application mount and is known not to be there: a node that waits for it says so in its events
/// only.
pub fn waiting_for(pod: &PodView, role: Role, missing: &BTreeSet<Reference>) -> Option<Waiting> {
    let of_containers = || {
        let all = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        all.filter_map(|container| of_container(pod, container, role)).next()
    };
    unschedulable(pod, role).or_else(of_containers).or_else(|| unmountable(pod, role, missing))
}

/// Volumes that show what is not there.
fn unmountable(pod: &PodView, role: Role, missing: &BTreeSet<Reference>) -> Option<Waiting> {
    let since = pod.preparing_since()?;
    let lacking: Vec<String> = pod.mounted().intersection(missing).map(ToString::to_string).collect();
    if lacking.is_empty() {
        return None;
    }
    let failure = not_there(pod, role, &lacking.join(" and "), "FailedMount");
    Some(Waiting { failure, since: Some(since), is_hopeless: false })
}

/// That a pod mounts what its namespace does not have.
fn not_there(pod: &PodView, role: Role, what: &str, reason: &str) -> Failure {
    let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
    let role = role.as_str();
    let message = format!(
        "the {role} mounts {what}, not found in namespace {namespace:?}; create it there, or correct the name in the manifest"
    );
    Failure { cause: FailureCause::ContainerConfig, exit_code: None, reason: reason.to_owned(), message }
}

/// The claim that the scheduler looks for in vain, by its message.
fn missing_claim(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("persistentvolumeclaim \"")?;
    let (name, rest) = rest.split_once('"')?;
    rest.starts_with(" not found").then_some(name)
}

fn unschedulable(pod: &PodView, role: Role) -> Option<Waiting> {
    let scheduled = pod.condition("PodScheduled").filter(|condition| &*condition.status == "False")?;
    if scheduled.reason.as_deref() != Some("Unschedulable") {
        return None;
    }
    let since = scheduled.last_transition_time.as_ref().map(|time| time.0).or_else(|| pod.created_at());
    if let Some(claim) = scheduled.message.as_deref().and_then(missing_claim) {
        let failure = not_there(pod, role, &format!("persistent volume claim {claim:?}"), "Unschedulable");
        return Some(Waiting { failure, since, is_hopeless: false });
    }
    let told = after_colon(scheduled.message.as_deref());
    let role = role.as_str();
    let mut failure = Failure::new(
        FailureCause::Unschedulable,
        format!("no node fits the {role}{told}; ask for less in spec.{role}, or add nodes"),
    );
    failure.reason = "Unschedulable".to_owned();
    Some(Waiting { failure, since, is_hopeless: false })
}

fn of_container(pod: &PodView, container: &ContainerStatusView, role: Role) -> Option<Waiting> {
    let waiting = container.state.waiting.as_deref()?;
    let reason = waiting.reason.as_deref()?;
    let told = after_colon(waiting.message.as_deref());
    let (name, image, role) = (&container.name, &container.image, role.as_str());
    let (cause, message) = match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            let image = if image.is_empty() { String::new() } else { format!(" {image:?}") };
            let advice = "check its name and tag in spec.image, and spec.imagePullSecrets";
            (
                FailureCause::ImagePull,
                format!("the image{image} of the {role} cannot be pulled ({reason}{told}); {advice}"),
            )
        }
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "RunContainerError"
        | "PreCreateHookError"
        | "PreStartHookError"
        | "PostStartHookError" => {
            let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
            let advice = if reason == "CreateContainerConfigError" && told.ends_with("not found") {
                format!("; create it in namespace {namespace:?}, or correct the name in the manifest")
            } else if told.starts_with(": couldn't find key") {
                "; add the key there, or correct its name in the manifest".to_owned()
            } else {
                String::new()
            };
            let message = format!("container {name} of the {role} cannot be made ({reason}{told}){advice}");
            (FailureCause::ContainerConfig, message)
        }
        _ => return None,
    };
    Some(Waiting {
        failure: Failure { cause, exit_code: None, reason: reason.to_owned(), message },
        since: None,
        is_hopeless: reason == "InvalidImageName",
    })
}
