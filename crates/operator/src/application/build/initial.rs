//! How many executors an application begins with. Spark: `Utils.getDynamicAllocationInitialExecutors`.

use hearth_crd::{MOST_EXECUTORS, SparkApplication, is_dynamic_allocation, spark_conf};

/// How many executors there are at the start.
///
/// With dynamic allocation the most of the initial number, the least number and the number of instances; otherwise the
/// number of instances, which is 1 if nothing says it. At most [`MOST_EXECUTORS`].
pub fn initial_executors(application: &SparkApplication) -> i32 {
    let conf = spark_conf(application);
    let number = |key: &str| conf.get(key).and_then(|value| value.trim().parse::<i32>().ok());
    let instances = number("spark.executor.instances");
    let initial = if is_dynamic_allocation(&application.spec) {
        let keys = ["spark.dynamicAllocation.initialExecutors", "spark.dynamicAllocation.minExecutors"];
        keys.iter().filter_map(|key| number(key)).chain(instances).max().unwrap_or(0)
    } else {
        instances.unwrap_or(1)
    };
    initial.clamp(0, MOST_EXECUTORS)
}
