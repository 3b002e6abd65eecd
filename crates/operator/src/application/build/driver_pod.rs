//! The driver's pod. Spark: the features of `KubernetesDriverBuilder`.

use std::collections::BTreeMap;

use hearth_types::pod::{
    BOUNDS_ANNOTATION, CONF_FILE, CONF_JSON, EXECUTOR_POOL, EXECUTOR_POOL_REPLICAS, ExecutorBounds,
    REPORTS_ANNOTATION, SECRET_DIR,
};
use k8s_openapi::api::core::v1::Pod;

use super::batch::task_groups;
use super::container::ContainerParts;
use super::context::Context;
use super::env::{common, from_pod, plain};
use super::fields::Role;
use super::initial::initial_executors;
use super::pod::{PodParts, build_pod};
use super::pool::bounds;
use super::ports::{driver_port, is_on_host_network};
use super::services::DRIVER_PORT_NAME;
use super::ui::{has_ui, ui_port};
use crate::names::DRIVER_EPOCH_ANNOTATION;

/// Builds the pod.
pub(super) fn build_driver_pod(ctx: &Context<'_>) -> Pod {
    let mut pod = build_pod(ctx, Role::Driver, parts(ctx));
    if let Some((key, value)) = task_groups(ctx, &pod) {
        pod.metadata.annotations.get_or_insert_default().insert(key, value);
    }
    pod
}

fn parts(ctx: &Context<'_>) -> PodParts {
    let mut env = common(ctx);
    env.push(plain(CONF_FILE, format!("{SECRET_DIR}/{CONF_JSON}")));
    env.push(from_pod("SPARK_DRIVER_BIND_ADDRESS", "status.podIP"));
    let mut annotations = BTreeMap::from([
        (DRIVER_EPOCH_ANNOTATION.to_owned(), ctx.submission.driver_epoch.to_string()),
        (REPORTS_ANNOTATION.to_owned(), "[]".to_owned()),
    ]);
    if ctx.is_dynamic() {
        annotations.insert(BOUNDS_ANNOTATION.to_owned(), bounds_of_the_start(ctx));
        env.push(plain(EXECUTOR_POOL, ctx.names.pool()));
        env.push(plain(EXECUTOR_POOL_REPLICAS, initial_executors(ctx.application).to_string()));
    }
    let mut ports = vec![(DRIVER_PORT_NAME, i32::from(driver_port(ctx)))];
    // In the network of its node a pod with a port keeps others with the same port away.
    let shows_ui = has_ui(ctx) && !is_on_host_network(ctx, Role::Driver);
    ports.extend(shows_ui.then(|| ("spark-ui", ui_port(ctx))));
    PodParts {
        name: ctx.driver_pod_name(),
        owners: vec![ctx.owner()],
        labels: BTreeMap::new(),
        annotations,
        container: ContainerParts {
            args: ctx.spec.arguments.clone().filter(|arguments| !arguments.is_empty()),
            env,
            default_env: Vec::new(),
            ports,
        },
    }
}

/// For the operator to see what the driver knows; the driver waits for others.
fn bounds_of_the_start(ctx: &Context<'_>) -> String {
    let (min, max) = bounds(ctx);
    let number = |bound: Option<i32>| bound.and_then(|bound| u32::try_from(bound).ok());
    serde_json::json!(ExecutorBounds { min: number(min), max: number(max), edited: false }).to_string()
}
