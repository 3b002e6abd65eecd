//! `SparkConnect`: a server that runs the queries of Spark Connect clients.
//!
//! Kubeflow's operator: `SparkConnectSpec` of `v1alpha1`; ours adds `observedGeneration` to the status.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dynamic_allocation::DynamicAllocation;

/// What a Spark Connect server is: its pod, its executors and its settings.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sparkoperator.k8s.io",
    crates(kube_core = "::kube_core"),
    version = "v1alpha1",
    kind = "SparkConnect",
    plural = "sparkconnects",
    singular = "sparkconnect",
    shortname = "sparkconn",
    namespaced,
    schema = "disabled",
    status = "SparkConnectStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.state"}"#,
    printcolumn = r#"{"name":"PodName","type":"string","jsonPath":".status.server.podName"}"#
)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectSpec {
    /// The version of Spark whose behaviour the clients expect, as in `4.3.0`.
    pub spark_version: String,
    /// The container image of the server and of the executors whose templates name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Hadoop's settings by key; each becomes a Spark setting with the prefix `spark.hadoop.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hadoop_conf: Option<BTreeMap<String, String>>,
    /// Spark's settings by key. A field of the spec that says the same thing wins over an entry here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark_conf: Option<BTreeMap<String, String>>,
    /// The server.
    pub server: ConnectServerSpec,
    /// The executors.
    pub executor: ConnectExecutorSpec,
    /// Lets the number of executors follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic_allocation: Option<DynamicAllocation>,
}

/// The server: the pod that clients connect to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectServerSpec {
    /// The number of CPU cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<i32>,
    /// The memory of the program as Spark writes it: `512m`, `2g`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// A pod template that is the base of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any_object")]
    pub template: Option<serde_json::Value>,
    /// A service that is the base of the server's service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any_object")]
    pub service: Option<serde_json::Value>,
}

/// The executors: the pods that run the tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectExecutorSpec {
    /// How many executors; with dynamic allocation, how many at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub instances: Option<i32>,
    /// The number of task slots, and of CPU cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub cores: Option<i32>,
    /// The memory of the program as Spark writes it: `512m`, `2g`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// A pod template that is the base of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any_object")]
    pub template: Option<serde_json::Value>,
}

/// What became of a Spark Connect server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkConnectStatus {
    /// `ServerPodReady`: whether clients may connect, and why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SparkConnectState>,
    /// Where the server is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ConnectServerStatus>,
    /// How many executors there are by the phase of their pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executors: Option<BTreeMap<String, i32>>,
    /// When the server was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// When this status was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    /// The generation of the spec that this status says something about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}

/// The state of a Spark Connect server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SparkConnectState {
    /// Not looked at yet.
    #[default]
    #[serde(rename = "")]
    New,
    /// The server's pod does not run yet.
    Provisioning,
    /// Clients may connect.
    Ready,
    /// The server runs, and clients cannot connect.
    NotReady,
    /// The server failed.
    Failed,
}

/// Where the server is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectServerStatus {
    /// The name of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_name: Option<String>,
    /// The address of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<String>,
    /// The name of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
}
