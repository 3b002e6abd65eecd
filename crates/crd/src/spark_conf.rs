//! The Spark configuration that a spec stands for.
//!
//! Kubeflow's operator: the arguments of `spark-submit`, in the same order, so that the same key wins.
//! Keys that only mean something to Kubernetes (images, pod templates, labels, limits) are not among them:
//! the operator reads those fields itself.

use indexmap::IndexMap;

use crate::application::{SparkApplication, SparkApplicationSpec};
use crate::defaults::with_defaults;
use crate::deps::Dependencies;

/// The configuration of an application: `spark.*` keys and values in the order in which they are set.
///
/// `sparkConf` comes before the fields of the spec, so a field wins over an entry that says the same thing.
/// Fields that are absent count with their defaults, see [`with_defaults`].
pub fn spark_conf(application: &SparkApplication) -> IndexMap<String, String> {
    let spec = with_defaults(application.spec.clone());
    let mut conf = Conf::default();
    conf.set("spark.app.name", application_name(application));
    if let Some(deps) = &spec.deps {
        set_dependencies(&mut conf, deps);
    }
    for (key, value) in spec.spark_conf.iter().flatten() {
        conf.set(key, value);
    }
    for (key, value) in spec.hadoop_conf.iter().flatten() {
        conf.set(&format!("spark.hadoop.{key}"), value);
    }

    let driver = &spec.driver;
    conf.set_some("spark.driver.cores", driver.cores);
    conf.set_some("spark.driver.memory", driver.memory.as_ref());
    conf.set_some("spark.driver.memoryOverhead", driver.memory_overhead.as_ref());
    conf.set_some("spark.driver.extraJavaOptions", driver.java_options.as_ref());

    let executor = &spec.executor;
    conf.set_some("spark.executor.instances", executor.instances);
    conf.set_some("spark.executor.cores", executor.cores);
    conf.set_some("spark.executor.memory", executor.memory.as_ref());
    conf.set_some("spark.executor.memoryOverhead", executor.memory_overhead.as_ref());
    conf.set_some("spark.executor.extraJavaOptions", executor.java_options.as_ref());
    for (name, value) in plain_env(executor.env_vars.as_ref(), executor.env.as_deref()) {
        conf.set(&format!("spark.executorEnv.{name}"), value);
    }
    set_dynamic_allocation(&mut conf, &spec);
    conf.0
}

/// The environment variables with plain values that the driver gets: `envVars`, then `env`, which wins.
pub fn driver_env(application: &SparkApplication) -> IndexMap<String, String> {
    let driver = &application.spec.driver;
    plain_env(driver.env_vars.as_ref(), driver.env.as_deref())
}

/// Whether the number of executors follows the load: `dynamicAllocation.enabled`, or the key in `sparkConf`.
pub fn is_dynamic_allocation(spec: &SparkApplicationSpec) -> bool {
    let by_field = spec.dynamic_allocation.as_ref().and_then(|allocation| allocation.enabled);
    let by_key = spec.spark_conf.as_ref().and_then(|conf| conf.get("spark.dynamicAllocation.enabled"));
    by_field == Some(true) || by_key.is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

/// The name of the application; an object that is still to be named goes by the beginning of its name.
fn application_name(application: &SparkApplication) -> &str {
    let metadata = &application.metadata;
    metadata.name.as_deref().or(metadata.generate_name.as_deref()).unwrap_or_default().trim_end_matches('-')
}

fn set_dependencies(conf: &mut Conf, deps: &Dependencies) {
    let lists = [
        ("spark.jars", &deps.jars),
        ("spark.jars.packages", &deps.packages),
        ("spark.jars.excludes", &deps.exclude_packages),
        ("spark.jars.repositories", &deps.repositories),
        ("spark.submit.pyFiles", &deps.py_files),
        ("spark.files", &deps.files),
        ("spark.archives", &deps.archives),
    ];
    for (key, list) in lists {
        if let Some(list) = list
            && !list.is_empty()
        {
            conf.set(key, list.join(","));
        }
    }
}

fn set_dynamic_allocation(conf: &mut Conf, spec: &SparkApplicationSpec) {
    let Some(allocation) = &spec.dynamic_allocation else { return };
    if allocation.enabled != Some(true) {
        return;
    }
    conf.set("spark.dynamicAllocation.enabled", "true");
    conf.set_some("spark.dynamicAllocation.initialExecutors", allocation.initial_executors);
    conf.set_some("spark.dynamicAllocation.minExecutors", allocation.min_executors);
    conf.set_some("spark.dynamicAllocation.maxExecutors", allocation.max_executors);
    conf.set_some("spark.dynamicAllocation.shuffleTracking.enabled", allocation.shuffle_tracking_enabled);
    if let Some(milliseconds) = allocation.shuffle_tracking_timeout {
        conf.set("spark.dynamicAllocation.shuffleTracking.timeout", format!("{milliseconds}ms"));
    }
}

/// The variables that have a plain value; those from secrets, config maps and fields need Kubernetes.
fn plain_env(
    env_vars: Option<&std::collections::BTreeMap<String, String>>,
    env: Option<&[k8s_openapi::api::core::v1::EnvVar]>,
) -> IndexMap<String, String> {
    let by_name = env_vars.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
    let listed = env.into_iter().flatten().filter(|variable| variable.value_from.is_none());
    by_name
        .chain(listed.map(|variable| (variable.name.clone(), variable.value.clone().unwrap_or_default())))
        .collect()
}

#[derive(Default)]
struct Conf(IndexMap<String, String>);

impl Conf {
    fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn set_some(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(key, value.to_string());
        }
    }
}
