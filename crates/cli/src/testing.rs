//! Objects for tests.

use hearth_crd::{SparkApplication, SparkApplicationStatus};
use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

/// An application with two executors.
pub(crate) fn application(name: &str) -> SparkApplication {
    let spec = json!({"type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "local:///opt/hearth/pi",
        "driver": {}, "executor": {"instances": 2}});
    let metadata = json!({"name": name, "namespace": "default", "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z"});
    let object = json!({"apiVersion": hearth_crd::API_VERSION, "kind": hearth_crd::KIND, "metadata": metadata, "spec": spec});
    serde_json::from_value(object).unwrap()
}

pub(crate) fn status(state: &str) -> SparkApplicationStatus {
    serde_json::from_value(json!({"driverInfo": {}, "applicationState": {"state": state}})).unwrap()
}

pub(crate) fn pod(name: &str, role: &str, phase: &str) -> Pod {
    let labels = json!({"spark-role": role, "spark-exec-id": name.rsplit('-').next().unwrap()});
    serde_json::from_value(json!({"metadata": {"name": name, "labels": labels}, "status": {"phase": phase}}))
        .unwrap()
}

/// A pod that no node fits.
pub(crate) fn pending_pod(name: &str, role: &str, message: &str) -> Pod {
    let mut pod = pod(name, role, "Pending");
    let condition =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message});
    pod.status.as_mut().unwrap().conditions = Some(vec![serde_json::from_value(condition).unwrap()]);
    pod
}

/// A moment after the objects were made.
pub(crate) fn now() -> jiff::Timestamp {
    "2026-01-01T00:10:00Z".parse().unwrap()
}
