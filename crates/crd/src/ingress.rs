//! How the driver is reached from outside.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::IngressTLS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the web UI is reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SparkUiOptions {
    /// The port of the service; that of the UI if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_port: Option<i32>,
    /// The name of that port; `spark-driver-ui-port` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_port_name: Option<String>,
    /// `ClusterIP` (if absent), `NodePort` or `LoadBalancer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Annotations of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// Labels of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_labels: Option<BTreeMap<String, String>>,
    /// Annotations of the ingress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_annotations: Option<BTreeMap<String, String>>,
    /// The certificates of the ingress.
    #[serde(default, rename = "ingressTLS", skip_serializing_if = "Option::is_none")]
    pub ingress_tls: Option<Vec<IngressTLS>>,
}

/// One further port of the driver, with a service and an ingress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriverIngressOptions {
    /// The port of the service; unique among the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_port: Option<i32>,
    /// The name of that port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_port_name: Option<String>,
    /// `ClusterIP` (if absent), `NodePort` or `LoadBalancer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_type: Option<String>,
    /// Annotations of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_annotations: Option<BTreeMap<String, String>>,
    /// Labels of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_labels: Option<BTreeMap<String, String>>,
    /// The address of the ingress, with `{{$appName}}`, `{{$appNamespace}}` and `{{$appId}}` filled in;
    /// unique among the entries.
    #[serde(default, rename = "ingressURLFormat", skip_serializing_if = "Option::is_none")]
    pub ingress_url_format: Option<String>,
    /// Annotations of the ingress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_annotations: Option<BTreeMap<String, String>>,
    /// The certificates of the ingress.
    #[serde(default, rename = "ingressTLS", skip_serializing_if = "Option::is_none")]
    pub ingress_tls: Option<Vec<IngressTLS>>,
}
