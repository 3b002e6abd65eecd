//! `spec.monitoring`: what Prometheus and the metrics system are told. Kubeflow's operator: `configPrometheusMonitoring`.

use hearth_crd::MonitoringSpec;

use super::context::Context;
use super::fields::{Role, text};
use super::prometheus_config::{METRICS_PROPERTIES, has_config_map};

/// Where the config map of metrics is mounted.
pub(super) const METRICS_DIR: &str = "/etc/metrics/conf";
/// The port of the exporter unless the manifest names one.
const EXPORTER_PORT: i32 = 8090;
/// Its name, likewise.
const EXPORTER_PORT_NAME: &str = "jmx-exporter";

/// The monitoring of a role's pods, if they are to be monitored.
fn exposed<'a>(ctx: &Context<'a>, role: Role) -> Option<&'a MonitoringSpec> {
    ctx.spec.monitoring.as_ref().filter(|monitoring| match role {
        Role::Driver => monitoring.expose_driver_metrics,
        Role::Executor => monitoring.expose_executor_metrics,
    })
}

/// Whether anything is exposed.
pub(super) fn exposes_metrics(ctx: &Context<'_>) -> bool {
    exposes(ctx, Role::Driver) || exposes(ctx, Role::Executor)
}

/// Whether the pods of a role expose metrics.
pub(super) fn exposes(ctx: &Context<'_>, role: Role) -> bool {
    exposed(ctx, role).is_some()
}

/// The name and the number of the exporter's port.
pub(super) fn exporter_port<'a>(ctx: &Context<'a>, role: Role) -> Option<(&'a str, i32)> {
    let prometheus = exposed(ctx, role)?.prometheus.as_ref()?;
    Some((
        text(&prometheus.port_name).unwrap_or(EXPORTER_PORT_NAME),
        prometheus.port.unwrap_or(EXPORTER_PORT),
    ))
}

/// The annotations by which Prometheus finds the port.
pub(super) fn scrape_annotations(ctx: &Context<'_>, role: Role) -> Vec<(String, String)> {
    let Some((_, port)) = exporter_port(ctx, role) else { return Vec::new() };
    [("scrape", "true".to_owned()), ("port", port.to_string()), ("path", "/metrics".to_owned())]
        .map(|(key, value)| (format!("prometheus.io/{key}"), value))
        .into()
}

/// What the metrics system of driver and executors is told.
pub(super) fn metrics_conf(ctx: &Context<'_>) -> Vec<(&'static str, String)> {
    let Some(monitoring) = ctx.spec.monitoring.as_ref().filter(|_| exposes_metrics(ctx)) else {
        return Vec::new();
    };
    let mut conf = vec![("spark.metrics.namespace", format!("{}.{}", ctx.namespace, ctx.name))];
    let in_image = text(&monitoring.metrics_properties_file);
    if let Some(file) = in_image {
        conf.push(("spark.metrics.conf", file.to_owned()));
    } else if has_config_map(ctx) && text(&monitoring.metrics_properties).is_some() {
        conf.push(("spark.metrics.conf", format!("{METRICS_DIR}/{METRICS_PROPERTIES}")));
    }
    conf
}
