//! Settings that a manifest may not have: they would get past whoever watches over the fields of the same meaning.
//!
//! Kubeflow's operator refuses them too, and some more: `spark.master` has no effect here, and images may be given by settings.

use hearth_crd::{FieldError, FieldPath, SparkApplication};

const NAMESPACE: &str = "spark.kubernetes.namespace";

/// The settings of `sparkConf` that are not allowed.
pub(super) fn denied(application: &SparkApplication) -> Vec<FieldError> {
    let conf = application.spec.spark_conf.iter().flatten();
    conf.filter_map(|(key, value)| {
        let problem = problem_of(application, key, value)?;
        Some(FieldError::new(FieldPath::of(["spec", "sparkConf", key]), problem))
    })
    .collect()
}

fn problem_of(application: &SparkApplication, key: &str, value: &str) -> Option<String> {
    if key == NAMESPACE {
        let namespace = application.metadata.namespace.as_deref()?;
        let problem = format!(
            "{value:?} is not allowed: pods are made in the namespace of the application, {namespace:?}"
        );
        return (value.trim() != namespace).then_some(problem);
    }
    match key.strip_prefix("spark.kubernetes.authenticate.")? {
        "driver.serviceAccountName" => {
            Some("is not allowed: write spec.driver.serviceAccount instead".to_owned())
        }
        "executor.serviceAccountName" => {
            Some("is not allowed: write spec.executor.serviceAccount instead".to_owned())
        }
        "oauthToken"
        | "oauthTokenFile"
        | "driver.oauthToken"
        | "driver.oauthTokenFile"
        | "executor.oauthToken"
        | "executor.oauthTokenFile" => {
            Some("is not allowed: pods have the token of their service account, if any".to_owned())
        }
        _ => None,
    }
}
