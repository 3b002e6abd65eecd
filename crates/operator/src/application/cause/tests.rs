//! One case per cause.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::pod_view::{PodView, Reference};

fn pod(metadata: &Value, status: &Value) -> PodView {
    let containers =
        json!([{"name": "spark-kubernetes-driver", "resources": {"limits": {"memory": "1408Mi"}}}]);
    serde_json::from_value(
        json!({"metadata": metadata, "spec": {"containers": containers}, "status": status}),
    )
    .unwrap()
}

fn terminated(phase: &str, terminated: &Value) -> Value {
    json!({"phase": phase, "containerStatuses": [{"name": "spark-kubernetes-driver", "state": {"terminated": terminated}}]})
}

fn check_end(metadata: &Value, status: &Value, expected: &Expect) {
    let shown = match end_of(&pod(metadata, status), Role::Driver) {
        None => "has not ended".to_owned(),
        Some(End::Succeeded) => "succeeded".to_owned(),
        Some(End::Failed(failure)) => show(&failure),
    };
    expected.assert_eq(&shown);
}

fn show(failure: &Failure) -> String {
    let code = failure.exit_code.map(|code| format!(" {code}")).unwrap_or_default();
    format!("{}{code} ({}): {}", failure.cause.as_str(), failure.reason, failure.message)
}

fn check_exit(container: &Value, expected: &Expect) {
    check_end(&json!({}), &terminated("Failed", container), expected);
}

#[test]
fn a_program_that_ends_with_zero_succeeded_whatever_its_sidecars_do() {
    for phase in ["Succeeded", "Failed", "Running"] {
        check_end(&json!({}), &terminated(phase, &json!({"exitCode": 0})), &expect!["succeeded"]);
    }
    check_end(&json!({}), &json!({"phase": "Succeeded"}), &expect!["succeeded"]);
    check_end(&json!({}), &json!({"phase": "Running"}), &expect!["has not ended"]);
}

#[test]
fn out_of_memory_names_the_limit_and_what_to_raise() {
    check_exit(
        &json!({"exitCode": 137, "reason": "OOMKilled"}),
        &expect![
            "OutOfMemory 137 (OOMKilled): the driver used more memory than its limit of 1408Mi; raise spec.driver.memory, or spec.driver.memoryOverhead for what lives outside of it"
        ],
    );
}

#[test]
fn a_program_says_itself_why_it_failed() {
    let message = "file not found: /data/in.txt\nat stage 0\n";
    check_exit(
        &json!({"exitCode": 1, "reason": "Error", "message": message}),
        &expect![[r#"
        ApplicationError 1 (Error): file not found: /data/in.txt
        at stage 0"#]],
    );
}

#[test]
fn long_messages_lose_their_middle() {
    let message = format!("the sentence. {} the last line", "x".repeat(9000));
    let pod = pod(&json!({}), &terminated("Failed", &json!({"exitCode": 1, "message": message})));
    let Some(End::Failed(failure)) = end_of(&pod, Role::Driver) else { panic!("it failed") };
    assert!(failure.message.starts_with("the sentence. x") && failure.message.ends_with("x the last line"));
    assert!(failure.message.len() < 2100);
}

#[test]
fn an_exit_code_without_a_message() {
    check_exit(
        &json!({"exitCode": 3, "reason": "Error"}),
        &expect![
            "ExitCode 3 (Error): the driver ended with exit code 3 and left no message; its log may say why"
        ],
    );
    check_exit(
        &json!({"exitCode": 101, "reason": "Error"}),
        &expect![
            "ExitCode 101 (Error): the driver ended with exit code 101 and left no message; it panicked, its log says where"
        ],
    );
}

#[test]
fn a_signal() {
    check_exit(
        &json!({"exitCode": 137, "reason": "Error"}),
        &expect![
            "Signal 137 (Error): SIGKILL ended the driver; its node may have run out of memory, or it did not end in time when it was asked to"
        ],
    );
    check_exit(
        &json!({"exitCode": 139, "signal": 11, "message": "last words"}),
        &expect![
            "Signal 139 (Error): SIGSEGV ended the driver; native code that the program uses is at fault: last words"
        ],
    );
}

#[test]
fn a_program_that_cannot_be_started() {
    let message = "exec: \"/opt/nothing\": no such file or directory";
    check_exit(
        &json!({"exitCode": 128, "reason": "StartError", "message": message}),
        &expect![[
            r#"ContainerConfig 128 (StartError): the program of the driver could not be started: exec: "/opt/nothing": no such file or directory; check spec.mainApplicationFile and the image"#
        ]],
    );
}

#[test]
fn an_init_container_that_failed() {
    let init = json!([{"name": "prepare", "state": {"terminated": {"exitCode": 2, "message": "no disk"}}}]);
    let status = json!({"phase": "Failed", "initContainerStatuses": init,
        "containerStatuses": [{"name": "spark-kubernetes-driver", "state": {"waiting": {"reason": "PodInitializing"}}}]});
    check_end(
        &json!({}),
        &status,
        &expect!["ExitCode 2 (Error): init container prepare of the driver ended with exit code 2: no disk"],
    );
}

#[test]
fn a_pod_that_failed_without_a_container() {
    check_end(
        &json!({}),
        &json!({"phase": "Failed"}),
        &expect!["ExitCode (Unknown): driver container status missing: its node ended the pod (Unknown)"],
    );
    let status =
        json!({"phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active too long"});
    check_end(
        &json!({}),
        &status,
        &expect![
            "DeadlineExceeded (DeadlineExceeded): driver container status missing: its node ended the pod (DeadlineExceeded): Pod was active too long"
        ],
    );
}

#[test]
fn evicted_by_a_node_that_ran_out() {
    let status =
        json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."});
    check_end(
        &json!({}),
        &status,
        &expect![
            "Evicted (Evicted): the node of the driver ran out of something and evicted it: The node was low on resource: memory.; spec.restartPolicy says whether it is run again"
        ],
    );
    let with_condition = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.",
        "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}]});
    check_end(
        &json!({}),
        &with_condition,
        &expect![
            "Evicted (TerminationByKubelet): the node of the driver ended it: The node was low on resource: memory.; spec.restartPolicy says whether it is run again"
        ],
    );
}

fn disrupted(reason: &str, message: &str, expected: &Expect) {
    let mut status =
        terminated("Failed", &json!({"exitCode": 143, "reason": "Error", "message": "last log line"}));
    status["conditions"] =
        json!([{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}]);
    check_end(&json!({"deletionTimestamp": "2026-01-01T00:00:30Z"}), &status, expected);
}

#[test]
fn disruptions_that_kubernetes_announces() {
    disrupted(
        "PreemptionByScheduler",
        "preempting to accommodate a higher priority pod",
        &expect![
            "Preempted 143 (PreemptionByScheduler): a pod with a higher priority took the place of the driver: preempting to accommodate a higher priority pod; give spec.driver.priorityClassName a higher priority; spec.restartPolicy says whether it is run again"
        ],
    );
    disrupted(
        "EvictionByEvictionAPI",
        "Eviction API: evicting",
        &expect![
            "Evicted 143 (EvictionByEvictionAPI): the driver was evicted, as when its node is drained: Eviction API: evicting; spec.restartPolicy says whether it is run again"
        ],
    );
    disrupted(
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
        &expect![
            "Evicted 143 (DeletionByTaintManager): the node of the driver got a taint that it does not tolerate: Taint manager: deleting due to NoExecute taint; spec.restartPolicy says whether it is run again"
        ],
    );
    disrupted(
        "DeletionByPodGC",
        "PodGC: node no longer exists",
        &expect![
            "NodeLost 143 (DeletionByPodGC): the node of the driver is gone: PodGC: node no longer exists; spec.restartPolicy says whether it is run again"
        ],
    );
    disrupted(
        "SomethingNew",
        "",
        &expect![
            "Evicted 143 (SomethingNew): the node of the driver ended it; spec.restartPolicy says whether it is run again"
        ],
    );
}

#[test]
fn a_node_that_would_not_take_the_pod() {
    let status =
        json!({"phase": "Failed", "reason": "OutOfcpu", "message": "Node didn't have enough resource: cpu"});
    check_end(
        &json!({}),
        &status,
        &expect![
            "Evicted (OutOfcpu): the node had no room for the driver after all: Node didn't have enough resource: cpu; spec.restartPolicy says whether it is run again"
        ],
    );
    let status = json!({"phase": "Failed", "reason": "NodeShutdown", "message": "Pod was rejected: node is shutting down"});
    check_end(
        &json!({}),
        &status,
        &expect![
            "Evicted (NodeShutdown): the node of the driver was shut down: Pod was rejected: node is shutting down; spec.restartPolicy says whether it is run again"
        ],
    );
}

#[test]
fn a_pod_that_somebody_deleted() {
    let metadata = json!({"deletionTimestamp": "2026-01-01T00:01:00Z", "deletionGracePeriodSeconds": 30});
    let at = |finished: &str| {
        terminated("Failed", &json!({"exitCode": 143, "reason": "Error", "finishedAt": finished}))
    };
    check_end(
        &metadata,
        &at("2026-01-01T00:00:31Z"),
        &expect![
            "PodDeleted 143 (Deleted): somebody deleted the driver's pod; spec.restartPolicy says whether it is run again"
        ],
    );
    // It had ended by itself before.
    check_end(
        &metadata,
        &at("2026-01-01T00:00:29Z"),
        &expect!["Signal 143 (Error): SIGTERM ended the driver; something asked it to end"],
    );
    check_end(&metadata, &json!({"phase": "Running"}), &expect!["has not ended"]);
}

#[test]
fn a_node_that_fell_silent() {
    let unreachable = json!({"phase": "Running", "conditions": [
        {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "False"},
        {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager", "message": "NoExecute taint"},
    ]});
    assert_eq!(loss_of(&pod(&json!({}), &unreachable), Role::Driver), None, "it may come back");
    let given_up = pod(&json!({"deletionTimestamp": "2026-01-01T00:01:00Z"}), &unreachable);
    expect!["NodeLost (DeletionByTaintManager): the node of the driver does not answer: NoExecute taint; spec.restartPolicy says whether it is run again"].assert_eq(&show(&loss_of(&given_up, Role::Driver).unwrap()));
}

fn check_waiting(status: &Value, expected: &Expect) {
    let shown = waiting_for(&pod(&json!({"namespace": "ns"}), status), Role::Executor, &BTreeSet::new()).map(
        |waiting| {
            let hopeless = if waiting.is_hopeless { ", hopeless" } else { "" };
            let since = waiting.since.map(|since| format!("; since {since}")).unwrap_or_default();
            format!("{}{since}{hopeless}", show(&waiting.failure))
        },
    );
    expected.assert_eq(&shown.unwrap_or_default());
}

fn waiting(reason: &str, message: &str) -> Value {
    let state = json!({"waiting": {"reason": reason, "message": message}});
    json!({"phase": "Pending", "startTime": "2026-01-01T00:00:00Z",
        "containerStatuses": [{"name": "spark-kubernetes-executor", "image": "nowhere/pi:1", "state": state}]})
}

#[test]
fn what_a_pod_may_wait_for_in_vain() {
    check_waiting(
        &waiting("ImagePullBackOff", "Back-off pulling image"),
        &expect![[
            r#"ImagePull (ImagePullBackOff): the image "nowhere/pi:1" of the executor cannot be pulled (ImagePullBackOff: Back-off pulling image); check its name and tag in spec.image, and spec.imagePullSecrets"#
        ]],
    );
    check_waiting(
        &waiting("InvalidImageName", ""),
        &expect![[
            r#"ImagePull (InvalidImageName): the image "nowhere/pi:1" of the executor cannot be pulled (InvalidImageName); check its name and tag in spec.image, and spec.imagePullSecrets, hopeless"#
        ]],
    );
    check_waiting(
        &waiting("CreateContainerConfigError", "secret \"s\" not found"),
        &expect![[
            r#"ContainerConfig (CreateContainerConfigError): container spark-kubernetes-executor of the executor cannot be made (CreateContainerConfigError: secret "s" not found); create it in namespace "ns", or correct the name in the manifest"#
        ]],
    );
    check_waiting(
        &waiting("CreateContainerConfigError", "couldn't find key k in Secret ns/s"),
        &expect![[
            r#"ContainerConfig (CreateContainerConfigError): container spark-kubernetes-executor of the executor cannot be made (CreateContainerConfigError: couldn't find key k in Secret ns/s); add the key there, or correct its name in the manifest"#
        ]],
    );
    check_waiting(&waiting("ContainerCreating", ""), &expect![[""]]);
    let unschedulable = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu.",
        "lastTransitionTime": "2026-01-01T00:00:05Z"}]});
    check_waiting(
        &unschedulable,
        &expect![
            "Unschedulable (Unschedulable): no node fits the executor: 0/3 nodes are available: 3 Insufficient cpu.; ask for less in spec.executor, or add nodes; since 2026-01-01T00:00:05Z"
        ],
    );
    let gated = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]});
    check_waiting(&gated, &expect![[""]]);
}

#[test]
fn what_is_mounted_and_not_there_is_named() {
    let volumes = json!([
        {"name": "a", "secret": {"secretName": "keys", "defaultMode": 288}},
        {"name": "b", "configMap": {"name": "settings"}},
        {"name": "c", "projected": {"sources": [{"secret": {"name": "more"}}, {"configMap": {"name": "maybe", "optional": true}},
            {"serviceAccountToken": {"path": "token"}}]}},
        {"name": "d", "emptyDir": {}},
    ]);
    let condition = json!([{"type": "PodReadyToStartContainers", "status": "False"}]);
    let pod = |conditions: &Value| -> PodView {
        let mut status = waiting("ContainerCreating", "");
        status["conditions"] = conditions.clone();
        let mut pod: PodView = serde_json::from_value(json!({
            "metadata": {"namespace": "ns"}, "spec": {"volumes": volumes}, "status": status,
        }))
        .unwrap();
        pod.trim();
        // As the cache keeps it.
        serde_json::from_str(&serde_json::to_string(&pod).unwrap()).unwrap()
    };
    let names = |pod: &PodView| pod.mounted().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&pod(&condition)), ["secret \"keys\"", "secret \"more\"", "config map \"settings\""]);
    let missing: BTreeSet<Reference> = pod(&condition).mounted().into_iter().skip(1).collect();
    let waiting = waiting_for(&pod(&condition), Role::Driver, &missing).unwrap();
    expect![[r#"ContainerConfig (FailedMount): the driver mounts secret "more" and config map "settings", not found in namespace "ns"; create it there, or correct the name in the manifest"#]].assert_eq(&show(&waiting.failure));
    // Everything is mounted: what is waited for now is the image.
    let prepared = pod(&json!([{"type": "PodReadyToStartContainers", "status": "True"}]));
    assert_eq!(waiting_for(&prepared, Role::Driver, &missing), None);
    assert!(prepared.spec.volumes.is_empty(), "nobody asks any more");
}
