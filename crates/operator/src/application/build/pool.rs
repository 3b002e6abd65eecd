//! The executor pool of an application.

use std::collections::BTreeMap;

use hearth_crd::{ExecutorPool, ExecutorPoolSpec, MOST_EXECUTORS};

use super::context::Context;
use super::initial::initial_executors;
use super::services::driver_service_name;
use crate::names::{
    DEFAULT_IMAGE_ANNOTATION, DRIVER_SERVICE_ANNOTATION, INSTANCES_ANNOTATION, KEEP_EXECUTORS_ANNOTATION,
};

/// Builds the pool as it is at the start. Its bounds are those of dynamic allocation.
pub(super) fn build_pool(ctx: &Context<'_>) -> ExecutorPool {
    let initial = initial_executors(ctx.application);
    let (min_replicas, max_replicas) = bounds(ctx);
    let mut pool = ExecutorPool::new(
        &ctx.names.pool(),
        ExecutorPoolSpec { application: ctx.name.to_owned(), replicas: initial, min_replicas, max_replicas },
    );
    pool.metadata = ctx.metadata(ctx.names.pool());
    let mut annotations = BTreeMap::from([
        (INSTANCES_ANNOTATION.to_owned(), initial.to_string()),
        (DRIVER_SERVICE_ANNOTATION.to_owned(), driver_service_name(ctx)),
    ]);
    let image = ctx.settings.default_image.clone();
    annotations.extend(image.map(|image| (DEFAULT_IMAGE_ANNOTATION.to_owned(), image)));
    if ctx.application.spec.executor.delete_on_termination == Some(false) {
        annotations.insert(KEEP_EXECUTORS_ANNOTATION.to_owned(), "true".to_owned());
    }
    pool.metadata.annotations = Some(annotations);
    pool
}

/// The bounds of dynamic allocation, where they are given.
pub(super) fn bounds(ctx: &Context<'_>) -> (Option<i32>, Option<i32>) {
    let bound = |key: &str| {
        let number = ctx.setting(key).and_then(|value| value.parse::<i32>().ok());
        number.filter(|_| ctx.is_dynamic()).map(|number| number.clamp(0, MOST_EXECUTORS))
    };
    (bound("spark.dynamicAllocation.minExecutors"), bound("spark.dynamicAllocation.maxExecutors"))
}
