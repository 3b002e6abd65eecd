//! `ExecutorPool`: how many executors an application has.
//!
//! What a `ReplicaSet` is to a `Deployment`. The driver asks for executors by scaling it, which is all it may do; so may
//! `kubectl scale` and autoscalers. The operator makes and replaces the pods, whose form follows from the application.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cause::FailureCause;

/// More executors than a pool may have, so that a slip of the hand does not flood a cluster.
pub const MOST_EXECUTORS: i32 = 10_000;

/// How many executors an application is to have.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "hearth.dev",
    crates(kube_core = "::kube_core"),
    version = "v1alpha1",
    kind = "ExecutorPool",
    plural = "executorpools",
    singular = "executorpool",
    shortname = "execpool",
    namespaced,
    schema = "disabled",
    status = "ExecutorPoolStatus",
    derive = "PartialEq",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    printcolumn = r#"{"name":"Application","type":"string","jsonPath":".spec.application"}"#,
    printcolumn = r#"{"name":"Desired","type":"integer","jsonPath":".spec.replicas"}"#,
    printcolumn = r#"{"name":"Current","type":"integer","jsonPath":".status.replicas"}"#,
    printcolumn = r#"{"name":"Ready","type":"integer","jsonPath":".status.readyReplicas"}"#,
    printcolumn = r#"{"name":"Failed","type":"integer","jsonPath":".status.failedExecutors"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorPoolSpec {
    /// The name of the SparkApplication. It cannot be changed.
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "application cannot be changed"
    }]))]
    pub application: String,
    /// How many executors there are to be. The driver, a user or an autoscaler sets it.
    #[serde(default)]
    #[schemars(range(min = 0, max = 10000))]
    pub replicas: i32,
    /// The fewest that the operator keeps, whatever `replicas` says: `dynamicAllocation.minExecutors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10000))]
    pub min_replicas: Option<i32>,
    /// The most that the operator starts, whatever `replicas` says: `dynamicAllocation.maxExecutors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub max_replicas: Option<i32>,
}

/// What there is of an executor pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorPoolStatus {
    /// How many pods there are that have not ended.
    #[serde(default)]
    pub replicas: i32,
    /// How many of them are ready.
    #[serde(default)]
    pub ready_replicas: i32,
    /// Selects the pods, for autoscalers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The number of the next executor. Numbers below are in use or were, and are not used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_executor_id: Option<u32>,
    /// How many executors failed so far. Those that were taken away, as by an eviction, do not count.
    #[serde(default)]
    pub failed_executors: i32,
    /// The numbers of the executors that ended and were counted, and whose pods are still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_executors: Option<Vec<u32>>,
    /// How many times in a row executors failed as soon as they were started; each makes the next wait longer.
    #[serde(default)]
    pub failed_starts: i32,
    /// No executor is started before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_time: Option<Time>,
    /// The latest executors that failed or were taken away, oldest first, at most ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Vec<ExecutorFailure>>,
    /// The generation of the spec that this says something about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Ready`, and `Blocked` while no executor can be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
}

/// An executor that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorFailure {
    /// Its number.
    pub executor: u32,
    /// Its pod.
    pub pod_name: String,
    /// When it was noticed.
    pub time: Time,
    /// Why.
    pub cause: FailureCause,
    /// Its exit code, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// A sentence for people that says what to do.
    pub message: String,
}
