//! Pods as the API server writes them.

use serde_json::json;

use super::*;

#[test]
fn a_pod_is_trimmed_to_what_is_read() {
    let mut pod: PodView = serde_json::from_value(json!({
        "metadata": {
            "name": "pi-driver", "uid": "1", "managedFields": [{"manager": "kubelet"}],
            "labels": {"spark-role": "driver", "team": "a"}, "annotations": {"hearth.dev/driver-epoch": "2", "x": "y"},
            "ownerReferences": [
                {"apiVersion": "a/v1", "kind": "A", "name": "a", "uid": "2", "controller": true},
                {"apiVersion": "b/v1", "kind": "B", "name": "b", "uid": "3"},
            ],
        },
        "spec": {
            "nodeName": "node-1", "tolerations": [],
            "containers": [
                {"name": "sidecar", "image": "x"},
                {"name": "spark-kubernetes-driver", "resources": {"limits": {"memory": "1Gi", "cpu": "1"}}},
            ],
        },
        "status": {
            "phase": "Running", "podIP": "10.0.0.1", "qosClass": "Burstable", "initContainerStatuses": null,
            "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {"name": "sidecar", "image": "x", "ready": true, "state": {"running": {}}},
                {"name": "spark-kubernetes-driver", "image": "y", "ready": true, "state": {"running": {}}, "lastState": {}},
            ],
        },
    }))
    .unwrap();
    pod.trim();
    assert_eq!(pod.label("spark-role"), Some("driver"));
    assert_eq!(pod.label("team"), None);
    assert_eq!((pod.driver_epoch(), pod.memory_limit(), pod.is_ready()), (2, Some("1Gi"), true));
    assert_eq!(pod.controller().map(|owner| owner.uid.as_str()), Some("2"));
    assert_eq!(
        (pod.spec.containers.len(), pod.status.container_statuses.len(), pod.status.conditions.len()),
        (1, 1, 1)
    );

    let text = serde_json::to_string(&pod).unwrap();
    assert_eq!(serde_json::from_str::<PodView>(&text).unwrap(), pod);
    assert!(text.len() < 700, "{} bytes: {text}", text.len());
}

#[test]
fn a_pod_without_anything_is_pending() {
    let pod: PodView = serde_json::from_value(json!({"metadata": {}, "spec": {}, "status": {}})).unwrap();
    assert_eq!((pod.phase(), pod.name(), pod.driver_epoch()), (Phase::Pending, "", 1));
    let pod: PodView = serde_json::from_value(json!({"status": {"phase": "Dreaming"}})).unwrap();
    assert_eq!(pod.phase(), Phase::Unknown);
}

#[test]
fn containers_can_be_made_once_everything_before_them_was_done() {
    let ended =
        |at: &str| json!({"name": "init", "state": {"terminated": {"exitCode": 0, "finishedAt": at}}});
    let prepared = json!({"type": "PodReadyToStartContainers", "status": "True",
        "lastTransitionTime": "2026-01-01T00:03:00Z"});
    let mut status = json!({"phase": "Pending", "startTime": "2026-01-01T00:00:00Z"});
    let since = |status: &serde_json::Value| {
        let pod: PodView = serde_json::from_value(json!({"status": status})).unwrap();
        pod.making_containers_since().unwrap().to_string()
    };
    assert_eq!(since(&status), "2026-01-01T00:00:00Z", "a node took it");
    status["conditions"] = json!([prepared]);
    assert_eq!(since(&status), "2026-01-01T00:03:00Z", "volumes were attached");
    status["initContainerStatuses"] = json!([ended("2026-01-01T00:04:00Z"), ended("2026-01-01T00:09:00Z")]);
    assert_eq!(since(&status), "2026-01-01T00:09:00Z", "init containers have ended");
}
