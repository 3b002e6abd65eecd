//! The fields that driver and executor pods share.
//!
//! Kubeflow's operator embeds one struct in two.
//! Serde's `flatten` would do the same here, but it forgets the path of a field that does not parse, which the
//! reader's errors name; so a macro writes the shared fields into both structs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares a pod spec: the shared fields and the fields given.
macro_rules! pod_spec {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: $type,
            )*
            /// A pod template that is the base of the pod; needs Spark 3.0.0 or later.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(schema_with = "crate::schema::any_object")]
            pub template: Option<serde_json::Value>,
            /// The number of task slots, and of CPU cores unless `coreRequest` says otherwise.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(range(min = 1))]
            pub cores: Option<i32>,
            /// The most CPU that the pod may use, as a Kubernetes quantity.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub core_limit: Option<String>,
            /// The memory of the program as Spark writes it: `512m`, `2g`; MiB without a unit.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub memory: Option<String>,
            /// The memory limit of the pod as a Kubernetes quantity, instead of memory and overhead together.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub memory_limit: Option<String>,
            /// The memory beside that of the program, as Spark writes it; MiB without a unit.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub memory_overhead: Option<String>,
            /// The GPUs of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub gpu: Option<crate::pod::GpuSpec>,
            /// The container image, instead of `spec.image`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub image: Option<String>,
            /// Config maps to mount, each below a path.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub config_maps: Option<Vec<crate::pod::NamePath>>,
            /// Secrets to mount, each below a path.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub secrets: Option<Vec<crate::pod::SecretInfo>>,
            /// Environment variables.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub env: Option<Vec<k8s_openapi::api::core::v1::EnvVar>>,
            /// Environment variables by name; `env` is to be preferred and wins.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub env_vars: Option<std::collections::BTreeMap<String, String>>,
            /// Config maps and secrets all of whose keys become environment variables.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub env_from: Option<Vec<k8s_openapi::api::core::v1::EnvFromSource>>,
            /// Environment variables taken from secrets; `env` is to be preferred.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub env_secret_key_refs: Option<std::collections::BTreeMap<String, crate::pod::NameKey>>,
            /// Labels of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub labels: Option<std::collections::BTreeMap<String, String>>,
            /// Annotations of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub annotations: Option<std::collections::BTreeMap<String, String>>,
            /// Where volumes of `spec.volumes` are mounted.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub volume_mounts: Option<Vec<k8s_openapi::api::core::v1::VolumeMount>>,
            /// Which nodes and which neighbours the pod prefers or needs.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub affinity: Option<k8s_openapi::api::core::v1::Affinity>,
            /// The taints that the pod tolerates.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub tolerations: Option<Vec<k8s_openapi::api::core::v1::Toleration>>,
            /// The security context of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub pod_security_context: Option<k8s_openapi::api::core::v1::PodSecurityContext>,
            /// The security context of the container.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub security_context: Option<k8s_openapi::api::core::v1::SecurityContext>,
            /// The scheduler that places the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub scheduler_name: Option<String>,
            /// Containers that run beside that of Spark.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub sidecars: Option<Vec<k8s_openapi::api::core::v1::Container>>,
            /// Containers that run before that of Spark.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub init_containers: Option<Vec<k8s_openapi::api::core::v1::Container>>,
            /// Puts the pod into the network of its node.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub host_network: Option<bool>,
            /// The labels of the nodes that may run the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub node_selector: Option<std::collections::BTreeMap<String, String>>,
            /// How the pod resolves host names.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub dns_config: Option<k8s_openapi::api::core::v1::PodDNSConfig>,
            /// The seconds between asking the pod to end and killing it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub termination_grace_period_seconds: Option<i64>,
            /// The service account of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub service_account: Option<String>,
            /// Entries for the hosts file of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub host_aliases: Option<Vec<k8s_openapi::api::core::v1::HostAlias>>,
            /// Lets the containers of the pod see each other's processes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub share_process_namespace: Option<bool>,
            /// The CPU that the pod asks for as a Kubernetes quantity, as in `100m`; `cores` if absent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub core_request: Option<String>,
            /// Options of the Java virtual machine; without effect on programs that have none.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub java_options: Option<String>,
            /// What Kubernetes does after the container starts and before it stops.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub lifecycle: Option<k8s_openapi::api::core::v1::Lifecycle>,
            /// Further ports of the container.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub ports: Option<Vec<crate::pod::Port>>,
            /// The priority class of the pod.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub priority_class_name: Option<String>,
        }
    };
}
pub(crate) use pod_spec;

/// A number of GPUs of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GpuSpec {
    /// The resource name, as in `nvidia.com/gpu`.
    pub name: String,
    /// How many.
    pub quantity: i64,
}

/// A config map and where it is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamePath {
    /// The name of the config map.
    pub name: String,
    /// The directory in the container.
    pub path: String,
}

/// A secret and where it is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretInfo {
    /// The name of the secret.
    pub name: String,
    /// The directory in the container.
    pub path: String,
    /// What the secret holds.
    pub secret_type: SecretType,
}

/// What a mounted secret holds, which decides the environment variable that points at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SecretType {
    /// The key of a Google service account: `GOOGLE_APPLICATION_CREDENTIALS` names its `key.json`.
    #[serde(rename = "GCPServiceAccount")]
    GcpServiceAccount,
    /// A Hadoop delegation token: `HADOOP_TOKEN_FILE_LOCATION` names its `hadoop.token`.
    HadoopDelegationToken,
    /// Anything else.
    Generic,
}

/// One key of a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameKey {
    /// The name of the secret.
    pub name: String,
    /// The key in it.
    pub key: String,
}

/// A port of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// The name of the port.
    pub name: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// The number of the port.
    pub container_port: i32,
}
