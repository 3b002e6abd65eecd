//! What a pod says about itself: whether its program runs, how it ended, why it waits. Values only.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition};

/// Why a pod does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) reason: WaitReason,
    /// What it waits for, in words, without a full stop.
    pub(crate) message: String,
}

/// What a pod waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitReason {
    /// It is about to be gone.
    Deleted,
    /// A node.
    Node,
    /// Somebody who removes a scheduling gate.
    Gate,
    /// The scheduler, for the moment.
    Scheduler,
    /// An image that cannot be pulled.
    Image,
    /// A secret, a config map or a command that is missing.
    Config,
    /// Its node, which prepares it; init containers belong to that.
    Start,
}

impl WaitReason {
    /// Whether it lasts until somebody does something.
    pub(crate) fn is_problem(self) -> bool {
        match self {
            Self::Node | Self::Gate | Self::Image | Self::Config => true,
            Self::Deleted | Self::Scheduler | Self::Start => false,
        }
    }
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
}

/// Whether a pod's program runs.
pub(crate) fn is_running(pod: &Pod) -> bool {
    phase(pod) == "Running" && pod.metadata.deletion_timestamp.is_none()
}

/// Whether a pod has ended.
pub(crate) fn is_ended(pod: &Pod) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == name)
}

/// Whether a container runs or ran, so that it has a log.
pub(crate) fn has_started(pod: &Pod, name: &str) -> bool {
    let state = container(pod, name).and_then(|status| status.state.as_ref());
    state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
}

/// With what a container ended, if it has.
pub(crate) fn container_exit_code(pod: &Pod, name: &str) -> Option<i32> {
    Some(container(pod, name)?.state.as_ref()?.terminated.as_ref()?.exit_code)
}

/// What a container wrote at its end for whoever wants to know why, if it has ended.
pub(crate) fn last_words<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let words = container(pod, name)?.state.as_ref()?.terminated.as_ref()?.message.as_deref()?.trim();
    (!words.is_empty()).then_some(words)
}

/// Why a pod does not run; none if it does, or did.
pub(crate) fn wait(pod: &Pod) -> Option<Wait> {
    if is_ended(pod) {
        return None;
    }
    let found = |reason, message: String| Some(Wait { reason, message });
    if pod.metadata.deletion_timestamp.is_some() {
        return found(WaitReason::Deleted, "it is being deleted".to_owned());
    }
    if phase(pod) == "Running" {
        return None;
    }
    let status = pod.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    match conditions.iter().find(|condition| condition.type_ == "PodScheduled") {
        Some(condition) if condition.status == "True" => {}
        Some(condition) => {
            let (reason, message) = unscheduled(condition);
            return found(reason, message);
        }
        None if status.is_some_and(|status| status.container_statuses.is_some()) => {}
        None => return found(WaitReason::Scheduler, "the scheduler has not placed it yet".to_owned()),
    }
    let init = status.and_then(|status| status.init_container_statuses.as_deref()).unwrap_or_default();
    let main = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    for status in init.iter().chain(main) {
        let Some(waiting) = status.state.as_ref().and_then(|state| state.waiting.as_ref()) else { continue };
        let said = waiting.message.as_deref().unwrap_or_default().trim_end_matches('.');
        let with = |sentence: String| if said.is_empty() { sentence } else { format!("{sentence}: {said}") };
        match waiting.reason.as_deref().unwrap_or_default() {
            "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "RegistryUnavailable"
            | "ImageInspectError" => {
                let image = &status.image;
                return found(WaitReason::Image, with(format!("the image {image} cannot be pulled")));
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                let name = &status.name;
                return found(WaitReason::Config, with(format!("the container {name} cannot be made")));
            }
            "CrashLoopBackOff" => {
                let name = &status.name;
                return found(
                    WaitReason::Config,
                    with(format!("the container {name} fails again and again")),
                );
            }
            _ => {}
        }
    }
    let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("its node");
    found(WaitReason::Start, format!("{node} prepares it"))
}

fn unscheduled(condition: &PodCondition) -> (WaitReason, String) {
    let said = condition.message.as_deref().unwrap_or_default();
    // What follows is about pods that might make room, and there are none.
    let said = said.split(" no new claims to deallocate").next().unwrap_or_default();
    let said = said.split(" preemption: ").next().unwrap_or_default().trim_end_matches('.');
    match condition.reason.as_deref() {
        Some("SchedulingGated") => (WaitReason::Gate, "a scheduling gate holds it back".to_owned()),
        _ if said.is_empty() => (WaitReason::Node, "no node fits it".to_owned()),
        _ => (WaitReason::Node, format!("no node fits it: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(status: serde_json::Value) -> Pod {
        let spec = json!({"containers": [], "nodeName": "node-1"});
        serde_json::from_value(json!({"metadata": {"name": "pi-driver"}, "spec": spec, "status": status}))
            .unwrap()
    }

    fn check(status: serde_json::Value, reason: WaitReason, message: &str) {
        assert_eq!(wait(&pod(status)), Some(Wait { reason, message: message.to_owned() }));
    }

    #[test]
    fn a_pod_says_why_it_waits() {
        check(json!({"phase": "Pending"}), WaitReason::Scheduler, "the scheduler has not placed it yet");
        let full = json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes \
                are available: 2 Preemption is not helpful for scheduling."});
        check(
            json!({"phase": "Pending", "conditions": [full]}),
            WaitReason::Node,
            "no node fits it: 0/2 nodes are available: 2 Insufficient cpu",
        );
        let gated = json!({"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"});
        check(
            json!({"phase": "Pending", "conditions": [gated]}),
            WaitReason::Gate,
            "a scheduling gate holds it back",
        );
        let container = |reason: &str, message: &str| {
            let state = json!({"waiting": {"reason": reason, "message": message}});
            let status = json!({"name": "spark-kubernetes-driver", "image": "pi:1", "imageID": "", "ready": false,
                "restartCount": 0, "state": state});
            let placed = json!({"type": "PodScheduled", "status": "True"});
            json!({"phase": "Pending", "conditions": [placed], "containerStatuses": [status]})
        };
        check(container("ContainerCreating", ""), WaitReason::Start, "node-1 prepares it");
        check(
            container("ImagePullBackOff", "Back-off pulling image \"pi:1\""),
            WaitReason::Image,
            "the image pi:1 cannot be pulled: Back-off pulling image \"pi:1\"",
        );
        check(
            container("CreateContainerConfigError", "secret \"keys\" not found"),
            WaitReason::Config,
            "the container spark-kubernetes-driver cannot be made: secret \"keys\" not found",
        );
    }

    #[test]
    fn a_pod_that_runs_or_ran_waits_for_nothing() {
        for phase in ["Running", "Succeeded", "Failed"] {
            assert_eq!(wait(&pod(json!({"phase": phase}))), None);
        }
    }

    #[test]
    fn the_exit_code_is_that_of_the_named_container() {
        let ended = json!({"name": "spark-kubernetes-driver", "image": "", "imageID": "", "ready": false,
            "restartCount": 0, "state": {"terminated": {"exitCode": 3}}});
        let pod = pod(json!({"phase": "Failed", "containerStatuses": [ended]}));
        assert_eq!(container_exit_code(&pod, "spark-kubernetes-driver"), Some(3));
        assert_eq!(container_exit_code(&pod, "sidecar"), None);
        assert!(has_started(&pod, "spark-kubernetes-driver"));
    }
}
