//! Which metrics an application exposes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which metrics are exposed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonitoringSpec {
    /// Whether the driver exposes its metrics.
    pub expose_driver_metrics: bool,
    /// Whether the executors expose theirs.
    pub expose_executor_metrics: bool,
    /// The content of Spark's `metrics.properties`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_properties: Option<String>,
    /// A `metrics.properties` file in the image, instead of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_properties_file: Option<String>,
    /// The exporter for Prometheus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusSpec>,
}

/// The exporter for Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrometheusSpec {
    /// The exporter's Java archive in the image.
    pub jmx_exporter_jar: String,
    /// The port of the exporter; 8090 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 49151))]
    pub port: Option<i32>,
    /// The name of the port; `jmx-exporter` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_name: Option<String>,
    /// A configuration file of the exporter in the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_file: Option<String>,
    /// The content of the exporter's configuration, instead of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
}
