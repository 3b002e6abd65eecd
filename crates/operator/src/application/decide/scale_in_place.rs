//! Edits of the number of executors: the pool follows, and nothing restarts. Kubeflow's operator starts the application again.

use hearth_crd::{MOST_EXECUTORS, SparkApplication, SparkApplicationSpec, is_dynamic_allocation};

use super::draft::Draft;
use crate::application::build::initial_executors;
use crate::application::decision::Action;
use crate::names::INSTANCES_ANNOTATION;

/// Sets the pool to what the spec says, where the spec says something else than when the pool was last set.
/// What a user or an autoscaler sets the pool to stays as long as the spec does.
pub(super) fn follow(draft: &mut Draft<'_>) {
    let Some(pool) = &draft.observed.pool else { return };
    if pool.metadata.deletion_timestamp.is_some() || !draft.problems.is_empty() {
        return;
    }
    if is_dynamic_allocation(draft.spec()) {
        let bound = |key| setting(draft.spec(), key).map(|number| number.clamp(0, MOST_EXECUTORS));
        let min = bound("spark.dynamicAllocation.minExecutors");
        let max = bound("spark.dynamicAllocation.maxExecutors");
        if (pool.spec.min_replicas, pool.spec.max_replicas) != (min, max) {
            draft.act(Action::BoundPool { min, max });
        }
        return;
    }
    let annotations = pool.metadata.annotations.as_ref();
    let before: Option<i32> = annotations.and_then(|all| all.get(INSTANCES_ANNOTATION)?.parse().ok());
    let instances = instances(draft.application);
    if before.is_some_and(|before| before != instances) {
        draft.act(Action::ScalePool { instances });
        draft.note(
            "SparkApplicationScaled",
            format!("spec.executor.instances is {instances} now; the pool follows"),
        );
    }
}

/// How many executors the spec asks for.
pub(super) fn instances(application: &SparkApplication) -> i32 {
    initial_executors(application)
}

/// A bound of dynamic allocation: the field, which wins if it switches dynamic allocation on, or the key.
pub(super) fn setting(spec: &SparkApplicationSpec, key: &str) -> Option<i32> {
    let fields = spec.dynamic_allocation.as_ref().filter(|allocation| allocation.enabled == Some(true));
    let by_field = fields.and_then(|allocation| match key {
        "spark.dynamicAllocation.minExecutors" => allocation.min_executors,
        "spark.dynamicAllocation.maxExecutors" => allocation.max_executors,
        _ => None,
    });
    by_field.or_else(|| spec.spark_conf.as_ref()?.get(key)?.trim().parse().ok())
}
