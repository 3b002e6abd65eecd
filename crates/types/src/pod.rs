//! What the operator and the processes in its pods agree on: environment variables, files and ports.
//!
//! The operator writes them into pods, the driver and the executors read them. Spark has `SPARK_*` variables and files in
//! `/opt/spark/conf` for the same purpose; those that user programs read are kept beside ours.

use serde::{Deserialize, Serialize};

use crate::ids::ExecutorId;

/// Role of a process: `executor`, or unset for a driver.
pub const ROLE: &str = "HEARTH_ROLE";
/// The value of [`ROLE`] in executors.
pub const ROLE_EXECUTOR: &str = "executor";

/// A JSON object of `spark.*` keys and values that the launcher sets: a file, in drivers.
pub const CONF_FILE: &str = "HEARTH_CONF_FILE";
/// The directory in which an application keeps its files on local disk.
pub const APP_DIR: &str = "HEARTH_APP_DIR";
/// What Spark calls that directory's parents: a comma list, for drivers and executors.
pub const LOCAL_DIRS: &str = "SPARK_LOCAL_DIRS";

/// The address that a process is reached at: its pod's, from the downward API.
pub const POD_IP: &str = "HEARTH_POD_IP";
/// The namespace of the application.
pub const NAMESPACE: &str = "HEARTH_NAMESPACE";
/// The name of the application's `ExecutorPool`; in drivers that may scale it.
pub const EXECUTOR_POOL: &str = "HEARTH_EXECUTOR_POOL";
/// `spec.replicas` of the pool when the driver was started: what need not be asked for.
pub const EXECUTOR_POOL_REPLICAS: &str = "HEARTH_EXECUTOR_POOL_REPLICAS";
/// The generation of the driver, from 1: in drivers. Executors obey the highest that they have seen, and keep it there.
pub const DRIVER_EPOCH: &str = "HEARTH_DRIVER_EPOCH";

/// The number of an executor, from 1.
pub const EXECUTOR_ID: &str = "SPARK_EXECUTOR_ID";
/// Task slots of an executor.
pub const EXECUTOR_CORES: &str = "SPARK_EXECUTOR_CORES";
/// Memory of an executor without its overhead, as in `1024m`.
pub const EXECUTOR_MEMORY: &str = "SPARK_EXECUTOR_MEMORY";
/// `host:port` at which executors find the driver.
pub const DRIVER_ADDRESS: &str = "HEARTH_DRIVER_ADDRESS";

/// How long mimalloc keeps memory that was freed, in milliseconds, in executors; by itself it is a second.
/// One task's memory is the next task's: giving it back to the system in between costs a sort an eighth of its processor time.
pub const ALLOCATOR_KEEPS: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10000");

/// The directory with [`CA_CERT`], [`TLS_CERT`], [`TLS_KEY`] and, in drivers, [`CONF_JSON`], read-only.
pub const SECRET_DIR: &str = "/etc/hearth";
/// File: the certificate of the application's authority.
pub const CA_CERT: &str = "ca.crt";
/// File: the certificate of this process.
pub const TLS_CERT: &str = "tls.crt";
/// File: the key of this process.
pub const TLS_KEY: &str = "tls.key";
/// File: what [`CONF_FILE`] names.
pub const CONF_JSON: &str = "spark.json";

/// A file with what the operator tells the driver of executors that ended: a JSON list of [`ExecutorReport`]s, oldest first.
/// It is the annotation [`REPORTS_ANNOTATION`] of the driver's pod, which the kubelet keeps fresh.
pub const REPORTS_FILE: &str = "/etc/hearth-pod/executors";
/// The annotation of the driver's pod behind [`REPORTS_FILE`].
pub const REPORTS_ANNOTATION: &str = "hearth.dev/executors";

/// File, beside [`REPORTS_FILE`]: how many executors there may be, if the manifest was edited since the driver started;
/// JSON of [`ExecutorBounds`]. It is the annotation [`BOUNDS_ANNOTATION`]; in drivers that may scale their pool.
pub const BOUNDS: &str = "bounds";
/// The annotation of the driver's pod behind [`BOUNDS`].
pub const BOUNDS_ANNOTATION: &str = "hearth.dev/executor-bounds";

/// Where Kubernetes reads why a container ended.
pub const TERMINATION_LOG: &str = "/dev/termination-log";

/// The port of the driver's control and block services.
pub const DRIVER_PORT: u16 = 7078;
/// The port of an executor's block service.
pub const EXECUTOR_BLOCK_PORT: u16 = 7079;
/// The port of the web UI, unless `spark.ui.port` says otherwise.
pub const UI_PORT: u16 = 4040;

/// Another directory in place of [`SECRET_DIR`], where there are no pods.
pub const SECRET_DIR_VARIABLE: &str = "HEARTH_SECRET_DIR";
/// Another file in place of [`REPORTS_FILE`], where there are no pods.
pub const REPORTS_FILE_VARIABLE: &str = "HEARTH_REPORTS_FILE";
/// Another file in place of [`TERMINATION_LOG`], where `terminationMessagePath` says so.
pub const TERMINATION_LOG_VARIABLE: &str = "HEARTH_TERMINATION_LOG";

/// Seconds that an executor looks for a driver before it ends: `spark.hearth.executor.driverWait`; in executors, optional.
pub const DRIVER_WAIT: &str = "HEARTH_DRIVER_WAIT";
/// Seconds of `terminationGracePeriodSeconds`; in executors, 30 where it is not set.
pub const GRACE_PERIOD: &str = "HEARTH_GRACE_PERIOD";

/// Why an executor's pod ended, as the operator tells the driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutorReport {
    /// Which.
    pub executor: ExecutorId,
    /// Its exit code, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Whether the application caused it. An eviction or a lost node is not its fault.
    pub caused_by_app: bool,
    /// A sentence for people, as in `OOMKilled: …`.
    pub message: String,
}

/// Between how many executors dynamic allocation chooses. What is absent is for the driver's own configuration to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutorBounds {
    /// `spark.dynamicAllocation.minExecutors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// `spark.dynamicAllocation.maxExecutors`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Whether somebody edited them since the driver was started. Otherwise the driver's configuration has them, unless
    /// the program set its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
}
