//! The fields that drivers and executors share, in one form for both, with what is empty as absent.
//!
//! Airflow sends nulls and empty lists for what its users leave out.

use std::collections::BTreeMap;

use hearth_crd::{GpuSpec, NameKey, NamePath, Port, SecretInfo, SparkApplicationSpec};
use k8s_openapi::api::core::v1::{
    Affinity, Container, EnvFromSource, EnvVar, HostAlias, Lifecycle, PodDNSConfig, PodSecurityContext,
    SecurityContext, Toleration, VolumeMount,
};

use crate::names::{DRIVER_CONTAINER, EXECUTOR_CONTAINER};

/// The two kinds of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Driver,
    Executor,
}

impl Role {
    /// As labels and keys have it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Executor => "executor",
        }
    }

    /// The name of its container.
    pub(super) fn container(self) -> &'static str {
        match self {
            Self::Driver => DRIVER_CONTAINER,
            Self::Executor => EXECUTOR_CONTAINER,
        }
    }
}

/// `spec.driver` or `spec.executor`.
#[derive(Debug)]
pub(super) struct PodFields<'a> {
    pub(super) template: Option<&'a serde_json::Value>,
    pub(super) core_request: Option<&'a str>,
    pub(super) core_limit: Option<&'a str>,
    pub(super) memory_limit: Option<&'a str>,
    pub(super) says_cores: bool,
    pub(super) says_memory: bool,
    pub(super) gpu: Option<&'a GpuSpec>,
    pub(super) image: Option<&'a str>,
    pub(super) config_maps: &'a [NamePath],
    pub(super) secrets: &'a [SecretInfo],
    pub(super) env: &'a [EnvVar],
    pub(super) env_vars: Option<&'a BTreeMap<String, String>>,
    pub(super) env_from: &'a [EnvFromSource],
    pub(super) env_secret_key_refs: Option<&'a BTreeMap<String, NameKey>>,
    pub(super) labels: Option<&'a BTreeMap<String, String>>,
    pub(super) annotations: Option<&'a BTreeMap<String, String>>,
    pub(super) volume_mounts: &'a [VolumeMount],
    pub(super) affinity: Option<&'a Affinity>,
    pub(super) tolerations: &'a [Toleration],
    pub(super) pod_security_context: Option<&'a PodSecurityContext>,
    pub(super) security_context: Option<&'a SecurityContext>,
    pub(super) scheduler_name: Option<&'a str>,
    pub(super) sidecars: &'a [Container],
    pub(super) init_containers: &'a [Container],
    pub(super) host_network: Option<bool>,
    pub(super) node_selector: Option<&'a BTreeMap<String, String>>,
    pub(super) dns_config: Option<&'a PodDNSConfig>,
    pub(super) termination_grace_period_seconds: Option<i64>,
    pub(super) service_account: Option<&'a str>,
    pub(super) host_aliases: &'a [HostAlias],
    pub(super) share_process_namespace: Option<bool>,
    pub(super) lifecycle: Option<&'a Lifecycle>,
    pub(super) ports: &'a [Port],
    pub(super) priority_class_name: Option<&'a str>,
}

macro_rules! pod_fields {
    ($pod:expr) => {{
        let pod = $pod;
        PodFields {
            template: pod.template.as_ref(),
            core_request: text(&pod.core_request),
            core_limit: text(&pod.core_limit),
            memory_limit: text(&pod.memory_limit),
            says_cores: pod.cores.is_some() || text(&pod.core_request).is_some(),
            says_memory: text(&pod.memory).is_some() || text(&pod.memory_overhead).is_some(),
            gpu: pod.gpu.as_ref(),
            image: text(&pod.image),
            config_maps: pod.config_maps.as_deref().unwrap_or_default(),
            secrets: pod.secrets.as_deref().unwrap_or_default(),
            env: pod.env.as_deref().unwrap_or_default(),
            env_vars: pod.env_vars.as_ref(),
            env_from: pod.env_from.as_deref().unwrap_or_default(),
            env_secret_key_refs: pod.env_secret_key_refs.as_ref(),
            labels: pod.labels.as_ref(),
            annotations: pod.annotations.as_ref(),
            volume_mounts: pod.volume_mounts.as_deref().unwrap_or_default(),
            affinity: pod.affinity.as_ref().filter(|affinity| **affinity != Affinity::default()),
            tolerations: pod.tolerations.as_deref().unwrap_or_default(),
            pod_security_context: pod.pod_security_context.as_ref(),
            security_context: pod.security_context.as_ref(),
            scheduler_name: text(&pod.scheduler_name),
            sidecars: pod.sidecars.as_deref().unwrap_or_default(),
            init_containers: pod.init_containers.as_deref().unwrap_or_default(),
            host_network: pod.host_network,
            node_selector: pod.node_selector.as_ref(),
            dns_config: pod.dns_config.as_ref(),
            termination_grace_period_seconds: pod.termination_grace_period_seconds,
            service_account: text(&pod.service_account),
            host_aliases: pod.host_aliases.as_deref().unwrap_or_default(),
            share_process_namespace: pod.share_process_namespace,
            lifecycle: pod.lifecycle.as_ref(),
            ports: pod.ports.as_deref().unwrap_or_default(),
            priority_class_name: text(&pod.priority_class_name),
        }
    }};
}

impl<'a> PodFields<'a> {
    pub(super) fn of(spec: &'a SparkApplicationSpec, role: Role) -> Self {
        match role {
            Role::Driver => pod_fields!(&spec.driver),
            Role::Executor => pod_fields!(&spec.executor),
        }
    }
}

/// A text that is there and not empty.
pub(super) fn text(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}
