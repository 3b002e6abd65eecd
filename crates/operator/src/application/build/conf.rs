//! The configuration that the driver starts with. Spark: the config map that spark-submit makes.

use indexmap::IndexMap;

use super::context::Context;
use super::monitoring::metrics_conf;
use super::ports::{BLOCK_PORT_KEY, DRIVER_PORT_KEY, block_port, driver_port};
use super::ui::proxy_conf;

/// `sparkConf` with the fields of the spec over it, and where the application is.
pub(super) fn driver_conf(ctx: &Context<'_>) -> IndexMap<String, String> {
    let mut conf = ctx.conf.clone();
    for (key, value) in proxy_conf(ctx).into_iter().chain(metrics_conf(ctx)) {
        conf.entry(key.to_owned()).or_insert(value);
    }
    let ours = [
        ("spark.master", "k8s://https://kubernetes.default.svc".to_owned()),
        ("spark.submit.deployMode", "cluster".to_owned()),
        ("spark.app.id", ctx.submission.spark_application_id.clone()),
        ("spark.driver.host", ctx.driver_host()),
        ("spark.kubernetes.namespace", ctx.namespace.to_owned()),
    ];
    conf.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    // What is no port is left for `validate` to find.
    for (key, port) in [(DRIVER_PORT_KEY, driver_port(ctx)), (BLOCK_PORT_KEY, block_port(ctx))] {
        if ctx.setting(key).is_none_or(|given| given.parse::<u16>().is_ok()) {
            conf.insert(key.to_owned(), port.to_string());
        }
    }
    conf
}
