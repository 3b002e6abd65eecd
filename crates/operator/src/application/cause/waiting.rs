//! Pods that do not start: what they wait for.

use hearth_crd::FailureCause;
use jiff::Timestamp;

use super::text::after_colon;
use super::{Failure, Role};
use crate::pod_view::{ContainerStatusView, PodView};

/// What a pod waits for that may never come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What to say if it is given up.
    pub failure: Failure,
    /// Since when it waits, where Kubernetes says so.
    pub since: Option<Timestamp>,
    /// Whether waiting cannot help.
    pub is_hopeless: bool,
}

/// What a pod waits for, if that may never come. A pod that is merely being started waits for nothing.
pub fn waiting_for(pod: &PodView, role: Role) -> Option<Waiting> {
    unschedulable(pod, role).or_else(|| {
        let all = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        all.filter_map(|container| of_container(pod, container, role)).next()
    })
}

fn unschedulable(pod: &PodView, role: Role) -> Option<Waiting> {
    let scheduled = pod.condition("PodScheduled").filter(|condition| &*condition.status == "False")?;
    if scheduled.reason.as_deref() != Some("Unschedulable") {
        return None;
    }
    let told = after_colon(scheduled.message.as_deref());
    let role = role.as_str();
    let mut failure = Failure::new(
        FailureCause::Unschedulable,
        format!("no node fits the {role}{told}; ask for less in spec.{role}, or add nodes"),
    );
    failure.reason = "Unschedulable".to_owned();
    let since = scheduled.last_transition_time.as_ref().map(|time| time.0);
    Some(Waiting { failure, since: since.or_else(|| pod.created_at()), is_hopeless: false })
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
            let message = format!("container {name} of the {role} cannot be made ({reason}{told})");
            (FailureCause::ContainerConfig, message)
        }
        _ => return None,
    };
    let placed = pod.condition("PodScheduled").and_then(|condition| condition.last_transition_time.as_ref());
    let since = pod.status.start_time.as_ref().or(placed).map(|time| time.0).or_else(|| pod.created_at());
    Some(Waiting {
        failure: Failure { cause, exit_code: None, reason: reason.to_owned(), message },
        since,
        is_hopeless: reason == "InvalidImageName",
    })
}
