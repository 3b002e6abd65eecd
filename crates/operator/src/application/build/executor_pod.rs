//! An executor's pod. Spark: the features of `KubernetesExecutorBuilder`.

use std::collections::BTreeMap;

use hearth_conf::entries::hearth::HEARTH_EXECUTOR_DRIVER_WAIT;
use hearth_conf::{AnyEntry, SparkConf};
use hearth_crd::ExecutorPool;
use hearth_types::pod::{
    ALLOCATOR_KEEPS, DRIVER_ADDRESS, DRIVER_WAIT, EXECUTOR_CORES, EXECUTOR_ID, EXECUTOR_MEMORY, ROLE,
    ROLE_EXECUTOR,
};
use k8s_openapi::api::core::v1::Pod;

use super::container::ContainerParts;
use super::context::{Context, owner_of};
use super::env::{common, from_pod, plain};
use super::fields::Role;
use super::pod::{PodParts, build_pod};
use super::ports::{block_port, driver_port};
use super::resources::{cores, program_memory};
use crate::names::{DRIVER_SERVICE_ANNOTATION, EXECUTOR_ID_LABEL, RESOURCE_PROFILE_LABEL};

/// Builds the pod of executor `number`.
///
/// The pool controls it. The application is an owner too, as Kueue looks for it there.
pub(super) fn build_executor_pod(ctx: &Context<'_>, pool: &ExecutorPool, number: u32) -> Pod {
    let mut env = common(ctx);
    env.extend([
        plain(ROLE, ROLE_EXECUTOR),
        plain(EXECUTOR_ID, number.to_string()),
        plain(EXECUTOR_CORES, cores(ctx, Role::Executor).to_string()),
        plain(EXECUTOR_MEMORY, format!("{}m", program_memory(ctx, Role::Executor))),
        plain(DRIVER_ADDRESS, format!("{}:{}", driver_host(ctx, pool), driver_port(ctx))),
        plain("SPARK_RESOURCE_PROFILE_ID", "0"),
        from_pod("SPARK_EXECUTOR_POD_IP", "status.podIP"),
        from_pod("SPARK_EXECUTOR_POD_NAME", "metadata.name"),
    ]);
    env.extend(driver_wait(ctx).map(|seconds| plain(DRIVER_WAIT, seconds.to_string())));
    let parts = PodParts {
        name: ctx.names.executor_pod(ctx.submission.attempt, number),
        owners: vec![owner_of(pool, true), owner_of(ctx.application, false)],
        labels: BTreeMap::from([
            (EXECUTOR_ID_LABEL.to_owned(), number.to_string()),
            (RESOURCE_PROFILE_LABEL.to_owned(), "0".to_owned()),
        ]),
        annotations: BTreeMap::new(),
        container: ContainerParts {
            args: None,
            env,
            default_env: vec![plain(ALLOCATOR_KEEPS.0, ALLOCATOR_KEEPS.1)],
            ports: Some(block_port(ctx))
                .filter(|port| *port > 0)
                .map(|port| ("blockmanager", i32::from(port)))
                .into_iter()
                .collect(),
        },
    };
    build_pod(ctx, Role::Executor, parts)
}

/// Where the driver of this submission is found: the operator's settings may have changed since it was made.
fn driver_host(ctx: &Context<'_>, pool: &ExecutorPool) -> String {
    let annotations = pool.metadata.annotations.as_ref();
    let service = annotations.and_then(|annotations| annotations.get(DRIVER_SERVICE_ANNOTATION));
    service.map_or_else(|| ctx.host_of(&ctx.names.driver_service()), |service| ctx.host_of(service))
}

/// The seconds that an executor looks for its first driver, if the manifest says so. Later it has the key itself.
fn driver_wait(ctx: &Context<'_>) -> Option<u64> {
    let value = ctx.setting(AnyEntry::key(&HEARTH_EXECUTOR_DRIVER_WAIT))?;
    let conf: SparkConf = std::iter::once((AnyEntry::key(&HEARTH_EXECUTOR_DRIVER_WAIT), value)).collect();
    conf.get_entry(&HEARTH_EXECUTOR_DRIVER_WAIT).ok().map(|wait| wait.as_secs())
}
