//! Limits of a container below what it asks for: the API server refuses such a pod, and each of the executors anew.

use hearth_crd::{FieldError, FieldPath, SparkApplication};

use crate::application::build::{resources, thousandths};

/// The limits of driver and executors that are below their requests.
pub(super) fn below_requests(application: &SparkApplication) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if !names_limits(application) {
        return problems;
    }
    for (role, resources) in resources(application) {
        let requests = resources.requests.unwrap_or_default();
        for (name, limit) in resources.limits.unwrap_or_default() {
            let Some(request) = requests.get(&name) else { continue };
            // What is no quantity is told by itself.
            if let (Some(most), Some(asked)) = (thousandths(&limit.0), thousandths(&request.0))
                && most < asked
            {
                let less = match name.as_str() {
                    "cpu" => "less in coreRequest or cores",
                    "memory" => "less in memory and memoryOverhead, which count together",
                    _ => "less",
                };
                let problem = format!(
                    "{:?} is below what the pod asks for, {:?}; raise it, or ask for {less}",
                    limit.0, request.0
                );
                problems.push(FieldError::new(path_of(application, role, &name), problem));
            }
        }
    }
    problems
}

/// Whether there can be another limit than the operator's own, which is the request. Most manifests need no closer look.
fn names_limits(application: &SparkApplication) -> bool {
    let spec = &application.spec;
    let (driver, executor) = (&spec.driver, &spec.executor);
    let fields = [&driver.core_limit, &driver.memory_limit, &executor.core_limit, &executor.memory_limit];
    fields.iter().any(|field| field.is_some())
        || driver.template.is_some()
        || executor.template.is_some()
        || spec.spark_conf.iter().flatten().any(|(key, _)| key.ends_with(".limit.cores"))
}

/// Where the manifest gives a limit.
fn path_of(application: &SparkApplication, role: &str, name: &str) -> FieldPath {
    let spec = &application.spec;
    let path = FieldPath::of(["spec", role]);
    let (core_limit, memory_limit) = match role {
        "driver" => (&spec.driver.core_limit, &spec.driver.memory_limit),
        _ => (&spec.executor.core_limit, &spec.executor.memory_limit),
    };
    let is_given = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.trim().is_empty());
    let key = format!("spark.kubernetes.{role}.limit.cores");
    let is_by_key = || spec.spark_conf.as_ref().is_some_and(|conf| conf.contains_key(&key));
    match name {
        "cpu" if is_given(core_limit) => path.key("coreLimit"),
        "cpu" if is_by_key() => FieldPath::of(["spec", "sparkConf", &key]),
        "memory" if is_given(memory_limit) => path.key("memoryLimit"),
        _ => path.key("template"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is wrong with the limits of an application whose driver, executor and settings are these.
    fn problems(driver: &Value, executor: &Value, conf: &Value) -> Vec<String> {
        let application: SparkApplication = serde_json::from_value(json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "metadata": {"name": "app"},
            "spec": {"type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "/app",
                     "driver": driver, "executor": executor, "sparkConf": conf},
        }))
        .unwrap();
        below_requests(&application).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_limit_below_its_request_is_told_with_both() {
        assert_eq!(
            problems(
                &json!({"coreLimit": "500m"}),
                &json!({"memory": "1g", "memoryLimit": "1Gi"}),
                &json!({})
            ),
            [
                "spec.driver.coreLimit: \"500m\" is below what the pod asks for, \"1\"; raise it, or ask for less in \
                 coreRequest or cores",
                "spec.executor.memoryLimit: \"1Gi\" is below what the pod asks for, \"1408Mi\"; raise it, or ask for less \
                 in memory and memoryOverhead, which count together",
            ]
        );
        let by_key = json!({"spark.kubernetes.executor.limit.cores": "1", "spark.executor.cores": "2"});
        let found = problems(&json!({}), &json!({}), &by_key);
        assert!(
            found[0].starts_with("spec.sparkConf.\"spark.kubernetes.executor.limit.cores\": \"1\""),
            "{found:?}"
        );
        let storage =
            json!({"requests": {"ephemeral-storage": "2Gi"}, "limits": {"ephemeral-storage": "1Gi"}});
        let template =
            json!({"template": {"spec": {"containers": [{"name": "main", "resources": storage}]}}});
        let found = problems(&template, &json!({}), &json!({}));
        assert!(found[0].starts_with("spec.driver.template: \"1Gi\""), "{found:?}");
    }

    #[test]
    fn limits_from_their_requests_on_are_allowed() {
        let driver =
            json!({"coreRequest": "500m", "coreLimit": "0.5", "memory": "512m", "memoryLimit": "1Gi"});
        let executor =
            json!({"cores": 2, "coreLimit": "2000m", "gpu": {"name": "nvidia.com/gpu", "quantity": 1}});
        assert_eq!(problems(&driver, &executor, &json!({})), [""; 0]);
        // What is no quantity has its own message.
        assert_eq!(problems(&json!({"coreLimit": "much"}), &json!({}), &json!({})), [""; 0]);
    }
}
