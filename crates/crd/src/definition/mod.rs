//! The definitions of the custom resources, as `kubectl apply` takes them.
//!
//! Kubeflow's definitions hold the whole schema of a pod four times, with its documentation, and are too large for
//! client-side `kubectl apply`, which keeps the object in an annotation of at most 256 KiB.
//! Ours hold the same fields and types, and leave out documentation that Kubernetes has elsewhere; see [`structural`].

use kube_core::CustomResourceExt;
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

use crate::connect::{SparkConnect, SparkConnectSpec, SparkConnectStatus};
use crate::executor_pool::{ExecutorPool, ExecutorPoolSpec, ExecutorPoolStatus};
use crate::scheduled::{
    ScheduledSparkApplication, ScheduledSparkApplicationSpec, ScheduledSparkApplicationStatus,
};
use crate::{SparkApplication, SparkApplicationSpec, SparkApplicationStatus};

mod fields;
mod structural;
mod yaml;

pub use fields::Field;
use fields::fields;
use structural::structural;

/// Names in `*.k8s.io` are the Kubernetes project's: the API server wants to see its consent.
const APPROVAL: (&str, &str) =
    ("api-approved.kubernetes.io", "https://github.com/kubeflow/spark-operator/pull/1298");

/// Services are named after applications and servers, so that their names must be those of services.
const DNS_LABEL: &str = "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')";

/// The definition of one custom resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name, as in `sparkapplications.sparkoperator.k8s.io`.
    pub name: String,
    /// The object.
    pub object: Map<String, Value>,
    /// The fields of its spec and its status, down to the types of Kubernetes.
    pub fields: Vec<Field>,
}

impl Definition {
    /// The object as YAML.
    pub fn to_yaml(&self) -> String {
        yaml::to_yaml(&self.object)
    }
}

/// The definitions of every custom resource.
pub fn definitions() -> Vec<Definition> {
    vec![
        define::<SparkApplication, SparkApplicationSpec, SparkApplicationStatus>(&[label(63)]),
        define::<ScheduledSparkApplication, ScheduledSparkApplicationSpec, ScheduledSparkApplicationStatus>(
            &[label(63)],
        ),
        define::<SparkConnect, SparkConnectSpec, SparkConnectStatus>(&[label(56)]),
        define::<ExecutorPool, ExecutorPoolSpec, ExecutorPoolStatus>(&[]),
    ]
}

/// The rule that the name of an object is a DNS label of at most `longest` characters that begins with a letter.
fn label(longest: u8) -> Value {
    json!({
        "rule": format!("size(self.metadata.name) <= {longest} && {DNS_LABEL}"),
        "message": format!(
            "metadata.name: use at most {longest} small letters, digits and dashes, a letter first and no dash last"
        ),
    })
}

/// The definition of the kind `K` with spec `Spec` and status `Status`, and the rules about the whole object.
fn define<K: CustomResourceExt, Spec: JsonSchema, Status: JsonSchema>(rules: &[Value]) -> Definition {
    let crd = K::crd();
    let (spec, status) = (schema_for!(Spec).to_value(), schema_for!(Status).to_value());
    let mut versions = Vec::new();
    for version in crd.spec.versions {
        let mut root = json!({
            "type": "object",
            "required": ["metadata", "spec"],
            "properties": {
                "apiVersion": { "type": "string" },
                "kind": { "type": "string" },
                "metadata": { "type": "object" },
                "spec": structural(&spec),
                "status": structural(&status),
            },
        });
        root["description"] = root["properties"]["spec"]["description"].clone();
        if !rules.is_empty() {
            root["x-kubernetes-validations"] = rules.into();
        }
        versions.push(json!({
            "name": version.name,
            "served": true,
            "storage": true,
            "schema": { "openAPIV3Schema": root },
            "subresources": version.subresources,
            "additionalPrinterColumns": version.additional_printer_columns,
        }));
    }
    let name = K::crd_name().to_owned();
    let mut metadata = json!({ "name": name });
    if crd.spec.group.ends_with(".k8s.io") {
        metadata["annotations"] = json!({ APPROVAL.0: APPROVAL.1 });
    }
    let object = Map::from_iter([
        ("apiVersion".into(), json!("apiextensions.k8s.io/v1")),
        ("kind".into(), json!("CustomResourceDefinition")),
        ("metadata".into(), metadata),
        (
            "spec".into(),
            json!({
                "group": crd.spec.group,
                "names": crd.spec.names,
                "scope": crd.spec.scope,
                "versions": versions,
            }),
        ),
    ]);
    // The template of a schedule is the spec of an application.
    let mut fields = fields("spec", &spec, &["SparkApplicationSpec"]);
    fields.extend(self::fields::fields("status", &status, &[]));
    Definition { name, object, fields }
}

#[cfg(test)]
mod tests;
