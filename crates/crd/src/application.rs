//! `SparkApplication` and the top of its spec.
//!
//! Kubeflow's operator: `SparkApplicationSpec` of `v1beta2`; ours adds the types `Rust` and `SQL`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Volume;
use kube_derive::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::batch::BatchSchedulerOptions;
use crate::deps::Dependencies;
use crate::driver::DriverSpec;
use crate::dynamic_allocation::DynamicAllocation;
use crate::executor::ExecutorSpec;
use crate::ingress::{DriverIngressOptions, SparkUiOptions};
use crate::monitoring::MonitoringSpec;
use crate::restart::RestartPolicy;
use crate::status::SparkApplicationStatus;
use crate::timeouts::Timeouts;

/// What a Spark application is: its program, its driver, its executors and its settings.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sparkoperator.k8s.io",
    crates(kube_core = "::kube_core"),
    version = "v1beta2",
    kind = "SparkApplication",
    plural = "sparkapplications",
    singular = "sparkapplication",
    shortname = "sparkapp",
    namespaced,
    schema = "disabled",
    status = "SparkApplicationStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Suspend","type":"boolean","jsonPath":".spec.suspend"}"#,
    printcolumn = r#"{"name":"Status","type":"string","jsonPath":".status.applicationState.state"}"#,
    printcolumn = r#"{"name":"Attempts","type":"string","jsonPath":".status.executionAttempts"}"#,
    printcolumn = r#"{"name":"Start","type":"string","jsonPath":".status.lastSubmissionAttemptTime"}"#,
    printcolumn = r#"{"name":"Finish","type":"string","jsonPath":".status.terminationTime"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "!has(self.nodeSelector) || size(self.nodeSelector) == 0 \
        || ((!has(self.driver.nodeSelector) || size(self.driver.nodeSelector) == 0) \
        && (!has(self.executor.nodeSelector) || size(self.executor.nodeSelector) == 0))",
    "message": "nodeSelector excludes driver.nodeSelector and executor.nodeSelector; use one or the other"
}]))]
pub struct SparkApplicationSpec {
    /// Keeps the application from running; a running one loses its pods until this is false again.
    /// Queueing systems such as Kueue set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// The language of the program, which decides how it reaches the driver.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// The version of Spark whose behaviour the program expects, as in `4.3.0`.
    /// May be empty.
    pub spark_version: String,
    /// Where the driver runs: in a pod of its own (`cluster`, the default) or with the submitter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<DeployMode>,
    /// The user whose rights the application uses towards Hadoop services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_user: Option<String>,
    /// The container image of the driver and of the executors that name none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// When the images are pulled: `Always`, `IfNotPresent` or `Never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<String>,
    /// The names of the secrets that open private image registries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_pull_secrets: Option<Vec<String>>,
    /// The class to start, for Java and Scala programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_class: Option<String>,
    /// The program: a binary, a script or an archive, as a path or URI.
    /// `local://` means a path inside the image.
    pub main_application_file: String,
    /// The arguments of the program, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Vec<String>>,
    /// Spark's settings by key. A field of the spec that says the same thing wins over an entry here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark_conf: Option<BTreeMap<String, String>>,
    /// Hadoop's settings by key; each becomes a Spark setting with the prefix `spark.hadoop.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hadoop_conf: Option<BTreeMap<String, String>>,
    /// A config map with Spark's configuration files, mounted at `/etc/spark/conf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spark_config_map: Option<String>,
    /// A config map with Hadoop's configuration files, mounted at `/etc/hadoop/conf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hadoop_config_map: Option<String>,
    /// The volumes that the driver and the executors may mount.
    /// A name that begins with `spark-local-dir-` makes a volume one of Spark's local directories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<Vec<Volume>>,
    /// The driver.
    pub driver: DriverSpec,
    /// The executors.
    pub executor: ExecutorSpec,
    /// What the program needs beside its main file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deps: Option<Dependencies>,
    /// When and how often the application is started again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<RestartPolicy>,
    /// The labels of the nodes that may run the pods.
    /// Excludes `driver.nodeSelector` and `executor.nodeSelector`, which are to be preferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Kept for old manifests, without effect: see `restartPolicy.onFailureRetries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_retries: Option<i32>,
    /// Kept for old manifests, without effect: see `restartPolicy.onFailureRetryInterval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_interval: Option<i64>,
    /// The major version of Python, for Python programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python_version: Option<PythonVersion>,
    /// The part of the memory that is added for what lives outside of the program's memory, as in `0.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_overhead_factor: Option<String>,
    /// Which metrics are exposed, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<MonitoringSpec>,
    /// The scheduler that places the pods as one group: `volcano`, `yunikorn` or another by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_scheduler: Option<String>,
    /// The seconds after its end at which the application is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_live_seconds: Option<i64>,
    /// What the batch scheduler is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_scheduler_options: Option<BatchSchedulerOptions>,
    /// How the web UI is reached.
    #[serde(default, rename = "sparkUIOptions", skip_serializing_if = "Option::is_none")]
    pub spark_ui_options: Option<SparkUiOptions>,
    /// Further ports of the driver to be reached from outside, each with a service and an ingress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_ingress_options: Option<Vec<DriverIngressOptions>>,
    /// Lets the number of executors follow the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamic_allocation: Option<DynamicAllocation>,
    /// Protects the driver from voluntary evictions with a pod disruption budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_pod_disruption_budget: Option<bool>,
    /// How long the application may wait and run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

/// The language of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApplicationType {
    /// A binary that links the `hearth` crate; driver and executors run the same one.
    Rust,
    /// A script that uses PySpark.
    Python,
    /// A file of SQL statements.
    #[serde(rename = "SQL")]
    Sql,
    /// A class in an archive, run by Apache Spark in the image of the application.
    Java,
    /// As `Java`.
    Scala,
    /// A script that uses SparkR, run by Apache Spark in the image of the application.
    R,
}

impl ApplicationType {
    /// The name as a manifest writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Sql => "SQL",
            Self::Java => "Java",
            Self::Scala => "Scala",
            Self::R => "R",
        }
    }
}

/// Where the driver runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeployMode {
    /// In a pod of its own.
    #[default]
    Cluster,
    /// With the submitter.
    Client,
}

/// The major version of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PythonVersion {
    /// Python 2.
    #[serde(rename = "2")]
    Two,
    /// Python 3.
    #[serde(rename = "3")]
    Three,
}
