//! What is wrong with a manifest: the fields, as `hearth_crd::validate` finds it; limits, which the API server would refuse with
//! each pod; and Spark's settings, which the driver would otherwise refuse only after its pod was started.

mod denied;
mod limits;

use hearth_conf::Error;
use hearth_crd::{ApplicationType, FieldError, FieldPath, SparkApplication};

use super::build::driver_settings;

/// What stands before a key of Hadoop among Spark's settings.
const HADOOP: &str = "spark.hadoop.";

/// Everything in an application whose value is not allowed. A setting that a field wins over, or that the operator replaces, does
/// no harm and is not among it, and neither is a key that Hearth does not know.
pub fn validate(application: &SparkApplication) -> Vec<FieldError> {
    let mut problems = hearth_crd::validate(application);
    match application.spec.application_type {
        ApplicationType::Rust | ApplicationType::Python | ApplicationType::Sql => {}
        // Apache Spark reads these settings itself.
        ApplicationType::Java | ApplicationType::Scala | ApplicationType::R => return problems,
    }
    let are_fields_right = problems.is_empty();
    problems.extend(limits::below_requests(application));
    problems.extend(denied::denied(application));
    for error in driver_settings(application).problems() {
        match error {
            // Where a field said it, the field was checked.
            Error::Invalid { key, value, problem } => {
                let path = path_of(application, &key);
                problems.extend(path.map(|path| FieldError::new(path, format!("{value:?} {problem}"))));
            }
            // Values that are wrong by themselves are to be corrected first.
            Error::Conflict { .. } if !are_fields_right => {}
            Error::Conflict { ref key, ref value, ref problem } => {
                problems.push(match path_of(application, key).or_else(|| field_of(application, key)) {
                    Some(path) => FieldError::new(path, format!("{value} {problem}")),
                    // It has its default, and what it contradicts is given.
                    None => FieldError::new(FieldPath::of(["spec", "sparkConf"]), error.to_string()),
                });
            }
            Error::Properties { .. } => {}
        }
    }
    problems
}

/// Where the manifest gives a setting as such.
fn path_of(application: &SparkApplication, key: &str) -> Option<FieldPath> {
    let spec = &application.spec;
    let hadoop = key.strip_prefix(HADOOP).filter(|key| {
        // It comes after `sparkConf`, and wins.
        spec.hadoop_conf.as_ref().is_some_and(|conf| conf.contains_key(*key))
    });
    if let Some(key) = hadoop {
        return Some(FieldPath::of(["spec", "hadoopConf", key]));
    }
    let is_given = spec.spark_conf.as_ref().is_some_and(|conf| conf.contains_key(key));
    is_given.then(|| FieldPath::of(["spec", "sparkConf", key]))
}

/// The field that gives a setting which another may contradict.
fn field_of(application: &SparkApplication, key: &str) -> Option<FieldPath> {
    let allocation = application.spec.dynamic_allocation.as_ref()?;
    let (name, is_given) = match key {
        "spark.dynamicAllocation.minExecutors" => ("minExecutors", allocation.min_executors.is_some()),
        "spark.dynamicAllocation.shuffleTracking.enabled" => {
            ("shuffleTrackingEnabled", allocation.shuffle_tracking_enabled.is_some())
        }
        _ => return None,
    };
    is_given.then(|| FieldPath::of(["spec", "dynamicAllocation", name]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(patch: &Value) -> Vec<String> {
        let mut spec = json!({
            "type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "/app", "driver": {}, "executor": {},
        });
        spec.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        let application: SparkApplication = serde_json::from_value(json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": "app", "namespace": "ns"}, "spec": spec,
        }))
        .unwrap();
        validate(&application).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_wrong_setting_is_told_once_with_what_is_allowed() {
        assert_eq!(
            problems(&json!({
                "sparkConf": {
                    "spark.executor.memory": "lots", "spark.executor.cores": "x", "spark.task.maxFailures": "0",
                    "spark.executor.memoryOverhead": "lots",
                    "spark.driver.port": "x", "spark.executor.heartbeatInterval": "10s", "my.own.key": "x", "spark.sql.shuffle.partitions": "x",
                },
            })),
            [
                "spec.sparkConf.\"spark.executor.memoryOverhead\": \"lots\" is not a memory size; write a whole number and a unit \
                 (k, m, g or t), as in 512m or 2g",
                "spec.sparkConf.\"spark.driver.port\": \"x\" is not allowed here; a whole number from 0 to 65535 is",
                "spec.sparkConf.\"spark.executor.cores\": \"x\" is not allowed here; a whole number from 1 is",
                "spec.sparkConf.\"spark.executor.memory\": \"lots\" is not a size; write for example 512m, 2g",
                "spec.sparkConf.\"spark.task.maxFailures\": \"0\" is not allowed here; a whole number from 1 is",
            ]
        );
    }

    #[test]
    fn settings_that_nothing_reads_are_not_looked_at() {
        // A field wins over the one, the operator replaces the others.
        let replaced = json!({
            "sparkConf": {"spark.executor.memory": "lots", "spark.master": "yarn", "spark.app.id": ""},
            "executor": {"memory": "1g"},
        });
        assert_eq!(problems(&replaced), [""; 0]);
        let of_spark = json!({"type": "Scala", "sparkConf": {"spark.executor.cores": "x"}});
        assert_eq!(problems(&of_spark), [""; 0]);
        // The field is what is wrong.
        assert_eq!(problems(&json!({"executor": {"memory": "lots"}})).len(), 1);
    }

    #[test]
    fn settings_that_get_past_a_field_are_refused() {
        let denied = json!({"sparkConf": {
            "spark.kubernetes.authenticate.driver.serviceAccountName": "admin",
            "spark.kubernetes.authenticate.oauthToken": "t",
            "spark.kubernetes.authenticate.submission.caCertFile": "/ca",
            "spark.kubernetes.namespace": "kube-system",
            "spark.kubernetes.container.image": "hearth:2",
        }});
        assert_eq!(
            problems(&denied),
            [
                "spec.sparkConf.\"spark.kubernetes.authenticate.driver.serviceAccountName\": is not allowed: write \
                 spec.driver.serviceAccount instead",
                "spec.sparkConf.\"spark.kubernetes.authenticate.oauthToken\": is not allowed: pods have the token of their \
                 service account, if any",
                "spec.sparkConf.\"spark.kubernetes.namespace\": \"kube-system\" is not allowed: pods are made in the \
                 namespace of the application, \"ns\"",
            ]
        );
        assert_eq!(problems(&json!({"sparkConf": {"spark.kubernetes.namespace": "ns"}})), [""; 0]);
    }

    #[test]
    fn settings_that_contradict_each_other_are_told_where_one_of_them_stands() {
        let bounds = json!({"sparkConf": {
            "spark.dynamicAllocation.minExecutors": "5", "spark.dynamicAllocation.maxExecutors": "2",
        }});
        assert_eq!(
            problems(&bounds),
            [
                "spec.sparkConf.\"spark.dynamicAllocation.minExecutors\": 5 must not be more than spark.dynamicAllocation.maxExecutors (2)"
            ]
        );
        let timeout = json!({"sparkConf": {"spark.executor.heartbeatInterval": "200s"}});
        assert_eq!(
            problems(&timeout),
            [
                "spec.sparkConf: spark.network.timeout (2min) must be longer than spark.executor.heartbeatInterval (200s)"
            ]
        );
        let mut by_fields =
            json!({"dynamicAllocation": {"enabled": true, "minExecutors": 5, "maxExecutors": 2}});
        assert_eq!(problems(&by_fields).len(), 1);
        by_fields["dynamicAllocation"]["maxExecutors"] = json!(null);
        by_fields["sparkConf"] = json!({"spark.dynamicAllocation.maxExecutors": "2"});
        assert_eq!(
            problems(&by_fields),
            [
                "spec.dynamicAllocation.minExecutors: 5 must not be more than spark.dynamicAllocation.maxExecutors (2)"
            ]
        );
    }
}
