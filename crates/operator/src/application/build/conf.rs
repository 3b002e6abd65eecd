//! The configuration that the driver starts with. Spark: the config map that spark-submit makes.

use hearth_types::pod::DRIVER_PORT;
use indexmap::IndexMap;

use super::context::Context;
use super::monitoring::metrics_conf;
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
        ("spark.driver.port", DRIVER_PORT.to_string()),
        ("spark.kubernetes.namespace", ctx.namespace.to_owned()),
    ];
    conf.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    conf
}
