//! What every object is built from, read once.

use hearth_crd::{SparkApplication, SparkApplicationSpec, is_dynamic_allocation, spark_conf};
use indexmap::IndexMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Resource;

use super::fields::{PodFields, Role};
use super::services::driver_service_name;
use super::settings::Settings;
use crate::application::submission::Submission;
use crate::names::Names;

/// An application, its submission and the operator's settings.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) application: &'a SparkApplication,
    pub(super) spec: &'a SparkApplicationSpec,
    pub(super) submission: &'a Submission,
    pub(super) settings: &'a Settings,
    /// The application's name.
    pub(super) name: &'a str,
    /// Its namespace.
    pub(super) namespace: &'a str,
    pub(super) names: Names<'a>,
    /// `sparkConf` with the fields of the spec over it.
    pub(super) conf: IndexMap<String, String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        application: &'a SparkApplication,
        submission: &'a Submission,
        settings: &'a Settings,
    ) -> Self {
        let name = application.metadata.name.as_deref().unwrap_or_default();
        Self {
            application,
            spec: &application.spec,
            submission,
            settings,
            name,
            namespace: application.metadata.namespace.as_deref().unwrap_or("default"),
            names: Names::of(name),
            conf: spark_conf(application),
        }
    }

    /// The fields of the spec for the pods of a role.
    pub(super) fn fields(&self, role: Role) -> PodFields<'a> {
        PodFields::of(self.spec, role)
    }

    /// A setting that is there and not empty.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        self.conf.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A setting of `spark.kubernetes.driver.` or `spark.kubernetes.executor.`.
    pub(super) fn role_setting(&self, role: Role, key: &str) -> Option<&str> {
        self.setting(&format!("spark.kubernetes.{}.{key}", role.as_str()))
    }

    /// The settings that begin with `prefix`, with the rest of their keys.
    pub(super) fn settings_below(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.conf.iter().filter_map(move |(key, value)| {
            let rest = key.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
            Some((rest, value.as_str()))
        })
    }

    pub(super) fn is_dynamic(&self) -> bool {
        is_dynamic_allocation(self.spec)
    }

    /// The name of the driver's pod: `driver.podName`, the setting, or after the application.
    pub(super) fn driver_pod_name(&self) -> String {
        let given = self.spec.driver.pod_name.as_deref().filter(|name| !name.is_empty());
        given
            .or_else(|| self.setting("spark.kubernetes.driver.pod.name"))
            .map_or_else(|| self.names.driver_pod(), str::to_owned)
    }

    /// The host name at which executors find the driver, short of the cluster's domain, which nobody needs to know.
    pub(super) fn driver_host(&self) -> String {
        self.host_of(&driver_service_name(self))
    }

    /// The host name of a service of the application.
    pub(super) fn host_of(&self, service: &str) -> String {
        format!("{service}.{}.svc", self.namespace)
    }

    /// Says that an object goes with the application.
    pub(super) fn owner(&self) -> OwnerReference {
        owner_of(self.application, true)
    }

    /// The metadata of an object that is no pod: its name, its labels, its owner.
    pub(super) fn metadata(&self, name: String) -> ObjectMeta {
        ObjectMeta {
            name: Some(name),
            namespace: Some(self.namespace.to_owned()),
            labels: Some(super::labels::object_labels(self)),
            owner_references: Some(vec![self.owner()]),
            ..ObjectMeta::default()
        }
    }
}

/// A reference to `object`; as its controller, deleting it in the foreground waits for the dependent.
pub(super) fn owner_of<K>(object: &K, controller: bool) -> OwnerReference
where
    K: Resource<DynamicType = ()>,
{
    let metadata = object.meta();
    OwnerReference {
        api_version: K::api_version(&()).into_owned(),
        kind: K::kind(&()).into_owned(),
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
        controller: Some(controller),
        block_owner_deletion: Some(controller),
    }
}
