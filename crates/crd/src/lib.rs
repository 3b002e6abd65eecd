//! The custom resources of Hearth as Rust types, and the reader of their manifests.
//!
//! Group `sparkoperator.k8s.io`, version `v1beta2`, kind `SparkApplication`: the fields, the names and the
//! states are those of the Kubeflow Spark operator, so that a manifest written for it means the same here.
//! Ours is a superset: `spec.type` also knows `Rust` and `SQL`.
//!
//! The operator and `hearth run` read a manifest through the same [`read_application`], and turn it into
//! Spark's configuration with the same [`spark_conf`].
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

mod application;
mod attempt;
mod batch;
mod cause;
mod connect;
mod defaults;
mod definition;
mod deps;
mod driver;
mod dynamic_allocation;
mod executor;
mod executor_pool;
mod field_error;
mod field_path;
mod ingress;
mod monitoring;
mod names;
mod nearest;
mod pod;
mod quantity;
mod read;
mod restart;
mod scheduled;
mod schema;
mod spark_conf;
mod status;
mod template;
mod timeouts;
mod validate;

pub use application::{ApplicationType, DeployMode, PythonVersion, SparkApplication, SparkApplicationSpec};
pub use attempt::{Attempt, AttemptOutcome};
pub use batch::BatchSchedulerOptions;
pub use cause::FailureCause;
pub use connect::{
    ConnectExecutorSpec, ConnectServerSpec, ConnectServerStatus, SparkConnect, SparkConnectSpec,
    SparkConnectState, SparkConnectStatus,
};
pub use defaults::with_defaults;
pub use definition::{Definition, Field, definitions};
pub use deps::Dependencies;
pub use driver::DriverSpec;
pub use dynamic_allocation::DynamicAllocation;
pub use executor::ExecutorSpec;
pub use executor_pool::{
    ExecutorFailure, ExecutorPool, ExecutorPoolSpec, ExecutorPoolStatus, MOST_EXECUTORS,
};
pub use field_error::{FieldError, Place};
pub use field_path::{FieldPath, ParseFieldPathError, Segment};
pub use ingress::{DriverIngressOptions, SparkUiOptions};
pub use monitoring::{MonitoringSpec, PrometheusSpec};
pub use nearest::nearest;
pub use pod::{GpuSpec, NameKey, NamePath, Port, SecretInfo, SecretType};
pub use quantity::{ParseMemoryError, memory_mib};
pub use read::{Manifest, ReadError, Warning, read_application, set_path};
pub use restart::{RestartPolicy, RestartPolicyType};
pub use scheduled::{
    ConcurrencyPolicy, ScheduleState, ScheduledSparkApplication, ScheduledSparkApplicationSpec,
    ScheduledSparkApplicationStatus,
};
pub use spark_conf::{driver_env, is_dynamic_allocation, spark_conf};
pub use status::{ApplicationState, ApplicationStateType, DriverInfo, ExecutorState, SparkApplicationStatus};
pub use template::pod_template;
pub use timeouts::Timeouts;
pub use validate::validate;

/// The API group of every kind that Spark operators share.
pub const GROUP: &str = "sparkoperator.k8s.io";
/// The version of `SparkApplication`.
pub const VERSION: &str = "v1beta2";
/// `apiVersion` as a manifest writes it.
pub const API_VERSION: &str = "sparkoperator.k8s.io/v1beta2";
/// `kind` as a manifest writes it.
pub const KIND: &str = "SparkApplication";
