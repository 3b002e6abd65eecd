//! What a spec means where it is silent.
//!
//! Kubeflow's operator writes these values into the object with a webhook; ours leaves the object as its
//! user wrote it and applies them where it is read.

use crate::application::{DeployMode, SparkApplicationSpec};
use crate::restart::RestartPolicyType;
use crate::spark_conf::is_dynamic_allocation;

/// The spec with what it leaves out filled in.
///
/// Mode `cluster`; restart policy `Never`; one core and 1 GiB for driver and executors unless `sparkConf`
/// says otherwise; one executor unless dynamic allocation is on; shuffle tracking with dynamic allocation.
#[must_use]
pub fn with_defaults(mut spec: SparkApplicationSpec) -> SparkApplicationSpec {
    let dynamic = is_dynamic_allocation(&spec);
    let in_conf = {
        let conf = spec.spark_conf.clone().unwrap_or_default();
        move |key: &str| conf.contains_key(key)
    };
    spec.mode.get_or_insert(DeployMode::Cluster);
    spec.restart_policy.get_or_insert_default().policy.get_or_insert(RestartPolicyType::Never);

    if !in_conf("spark.driver.cores") {
        spec.driver.cores.get_or_insert(1);
    }
    if !in_conf("spark.driver.memory") {
        spec.driver.memory.get_or_insert_with(|| "1g".to_owned());
    }
    if !in_conf("spark.executor.cores") {
        spec.executor.cores.get_or_insert(1);
    }
    if !in_conf("spark.executor.memory") {
        spec.executor.memory.get_or_insert_with(|| "1g".to_owned());
    }
    if !dynamic && !in_conf("spark.executor.instances") {
        spec.executor.instances.get_or_insert(1);
    }
    if let Some(allocation) = &mut spec.dynamic_allocation {
        allocation.shuffle_tracking_enabled.get_or_insert(true);
    }
    spec
}
