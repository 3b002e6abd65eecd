//! Pod templates, which the schema leaves open: the full schema of a pod is too large for it.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::Value;

use crate::field_error::FieldError;
use crate::read::{describe, field_path};

/// Reads a pod template.
///
/// # Errors
///
/// What is not a pod template, with the path from the template on.
pub fn pod_template(template: &Value) -> Result<PodTemplateSpec, FieldError> {
    let mut template = template.clone();
    quantities_as_text(&mut template);
    serde_path_to_error::deserialize(&template)
        .map_err(|error| describe(&template, field_path(error.path()), &error.inner().to_string()))
}

/// Turns quantities that are written as numbers into text: Kubernetes takes `cpu: 0.5` too.
fn quantities_as_text(value: &mut Value) {
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(quantities_as_text),
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field) {
                    ("limits" | "requests", Value::Object(amounts)) => {
                        amounts.values_mut().for_each(number_as_text);
                    }
                    ("sizeLimit" | "divisor", field) => number_as_text(field),
                    (_, field) => quantities_as_text(field),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn number_as_text(value: &mut Value) {
    if let Value::Number(number) = value {
        *value = Value::String(number.to_string());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_read_as_kubernetes_reads_it() {
        let template = pod_template(&json!({
            "spec": { "containers": [{ "name": "main", "resources": { "limits": { "cpu": 0.5, "memory": "1Gi" } } }] },
        }));
        let containers = template.unwrap().spec.unwrap().containers;
        let limits = containers[0].resources.clone().unwrap().limits.unwrap();
        assert_eq!((limits["cpu"].0.as_str(), limits["memory"].0.as_str()), ("0.5", "1Gi"));
        assert_eq!(pod_template(&json!({})), Ok(PodTemplateSpec::default()));
    }

    #[test]
    fn what_is_no_template_says_where() {
        let error = |template: Value| pod_template(&template).unwrap_err().to_string();
        assert_eq!(
            error(json!({ "spec": { "containers": { "name": "main" } } })),
            "spec.containers: found a mapping; a list is expected"
        );
        assert_eq!(
            error(json!({ "spec": { "hostNetwork": "yes" } })),
            "spec.hostNetwork: found the string \"yes\"; true or false is expected"
        );
    }
}
