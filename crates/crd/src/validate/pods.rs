//! What pods are built from: templates, containers beside ours, amounts.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::Value;

use super::Check;
use crate::application::SparkApplicationSpec;
use crate::field_path::FieldPath;
use crate::template::pod_template;

impl Check {
    pub(super) fn pods(&mut self, spec: &SparkApplicationSpec) {
        let path = FieldPath::of(["spec"]);
        let roles = [
            ("driver", &spec.driver.template, &spec.driver.sidecars, &spec.driver.init_containers),
            ("executor", &spec.executor.template, &spec.executor.sidecars, &spec.executor.init_containers),
        ];
        for (role, template, sidecars, init) in roles {
            let path = path.key(role);
            if let Some(template) = template {
                self.template(&path.key("template"), template);
            }
            self.containers(&path.key("sidecars"), sidecars.as_deref());
            self.containers(&path.key("initContainers"), init.as_deref());
        }
        if let Some(options) = &spec.batch_scheduler_options {
            let path = path.key("batchSchedulerOptions").key("resources");
            self.amounts(&path, options.resources.as_ref());
        }
        self.pod_conf(spec);
    }

    fn template(&mut self, path: &FieldPath, template: &Value) {
        // Something else than a mapping has its own message.
        if !template.is_object() {
            return;
        }
        match pod_template(template) {
            Ok(template) => {
                let spec = template.spec.unwrap_or_default();
                let path = path.key("spec");
                self.containers(&path.key("containers"), Some(&spec.containers));
                self.containers(&path.key("initContainers"), spec.init_containers.as_deref());
            }
            Err(error) => {
                let path =
                    error.path.segments().iter().cloned().fold(path.clone(), |path, step| path.join(step));
                self.error(path, error.problem);
            }
        }
    }

    fn containers(&mut self, path: &FieldPath, containers: Option<&[Container]>) {
        for (index, container) in containers.into_iter().flatten().enumerate() {
            if let Some(resources) = &container.resources {
                self.resources(&path.index(index).key("resources"), resources);
            }
        }
    }

    fn resources(&mut self, path: &FieldPath, resources: &ResourceRequirements) {
        self.amounts(&path.key("limits"), resources.limits.as_ref());
        self.amounts(&path.key("requests"), resources.requests.as_ref());
    }

    fn amounts(&mut self, path: &FieldPath, amounts: Option<&BTreeMap<String, Quantity>>) {
        for (name, quantity) in amounts.into_iter().flatten() {
            self.quantity(path.key(name), Some(&quantity.0));
        }
    }

    /// The keys of `sparkConf` that only shape pods. Those that programs read too are checked with all others of theirs.
    fn pod_conf(&mut self, spec: &SparkApplicationSpec) {
        for (key, value) in spec.spark_conf.iter().flatten() {
            let path = FieldPath::of(["spec", "sparkConf"]).key(key);
            let value = value.trim();
            match key.as_str() {
                "spark.kubernetes.driver.request.cores"
                | "spark.kubernetes.driver.limit.cores"
                | "spark.kubernetes.executor.request.cores"
                | "spark.kubernetes.executor.limit.cores" => self.quantity(path, Some(value)),
                "spark.driver.memoryOverhead"
                | "spark.executor.memoryOverhead"
                | "spark.driver.minMemoryOverhead"
                | "spark.executor.minMemoryOverhead" => self.memory(path, Some(value), 0),
                "spark.kubernetes.memoryOverheadFactor"
                | "spark.driver.memoryOverheadFactor"
                | "spark.executor.memoryOverheadFactor" => self.factor(path, Some(value)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::application::SparkApplication;
    use crate::validate::validate;

    /// What is wrong with an application whose driver and `sparkConf` are these.
    fn problems(driver: Value, conf: Value) -> Vec<String> {
        let application: SparkApplication = serde_json::from_value(json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2",
            "kind": "SparkApplication",
            "metadata": { "name": "app" },
            "spec": {
                "type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "/app",
                "driver": driver, "executor": {}, "sparkConf": conf,
            },
        }))
        .unwrap();
        validate(&application).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn templates_have_the_shape_of_a_pod() {
        let template = |spec: Value| problems(json!({ "template": { "spec": spec } }), Value::Null);
        let good =
            json!({ "containers": [{ "name": "main", "resources": { "limits": { "cpu": 0.5 } } }], "x": 1 });
        assert_eq!(template(good), Vec::<String>::new());
        assert_eq!(
            template(json!({ "containers": "main" })),
            ["spec.driver.template.spec.containers: found the string \"main\"; a list is expected"]
        );
        assert_eq!(
            template(
                json!({ "initContainers": [{ "name": "a", "resources": { "requests": { "memory": "-1Gi" } } }] })
            ),
            [
                "spec.driver.template.spec.initContainers[0].resources.requests.memory: \"-1Gi\" is not a Kubernetes \
              quantity; write a number and a unit, as in 500m, 2 or 2Gi"
            ]
        );
    }

    #[test]
    fn amounts_of_containers_beside_ours_are_quantities() {
        let sidecar = json!({ "sidecars": [{ "name": "a", "resources": { "limits": { "cpu": "much" } } }] });
        let problems = problems(sidecar, Value::Null);
        assert_eq!(problems.len(), 1);
        assert!(
            problems[0].starts_with("spec.driver.sidecars[0].resources.limits.cpu: \"much\""),
            "{problems:?}"
        );
    }

    #[test]
    fn keys_that_shape_pods_are_checked() {
        let problems = problems(
            json!({}),
            json!({
                "spark.kubernetes.driver.limit.cores": "-1",
                "spark.executor.memoryOverhead": "lots",
                "spark.kubernetes.memoryOverheadFactor": "a tenth",
                "spark.kubernetes.executor.request.cores": " 500m ",
            }),
        );
        let keys: Vec<_> = problems.iter().filter_map(|problem| problem.split('"').nth(1)).collect();
        assert_eq!(
            keys,
            [
                "spark.executor.memoryOverhead",
                "spark.kubernetes.driver.limit.cores",
                "spark.kubernetes.memoryOverheadFactor",
            ]
        );
    }
}
