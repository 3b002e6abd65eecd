//! The config map `<application>-prom-conf`: `metrics.properties` and the exporter's rules, as the manifest has them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;

use super::context::Context;
use super::fields::text;
use super::monitoring::exposes_metrics;

/// Key: the settings of the metrics system.
pub(super) const METRICS_PROPERTIES: &str = "metrics.properties";
/// Key: the rules of the exporter.
const PROMETHEUS_YAML: &str = "prometheus.yaml";

/// Whether there is a config map.
pub(super) fn has_config_map(ctx: &Context<'_>) -> bool {
    exposes_metrics(ctx) && !data(ctx).is_empty()
}

/// Builds it, if the manifest holds something for it.
pub(super) fn build_config_map(ctx: &Context<'_>) -> Option<ConfigMap> {
    has_config_map(ctx).then(|| ConfigMap {
        metadata: ctx.metadata(ctx.names.prometheus_config()),
        data: Some(data(ctx)),
        ..ConfigMap::default()
    })
}

fn data(ctx: &Context<'_>) -> BTreeMap<String, String> {
    let monitoring = ctx.spec.monitoring.as_ref();
    let properties = monitoring.and_then(|monitoring| text(&monitoring.metrics_properties));
    let exporter = monitoring.and_then(|monitoring| monitoring.prometheus.as_ref());
    let rules = exporter.and_then(|exporter| text(&exporter.configuration));
    [(METRICS_PROPERTIES, properties), (PROMETHEUS_YAML, rules)]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
        .collect()
}
