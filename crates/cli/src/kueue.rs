//! What Kueue writes into an application when it lets it go: whose the pods are, and where they belong.
//!
//! It writes that in each life of an application, and never lets one go that has other words of an earlier life there.

use hearth_crd::SparkApplication;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::Value;

/// As whom Kueue changes objects.
const MANAGER: &str = "kueue";

/// The application without the labels, annotations and node selectors that Kueue gave to its pods.
/// What its user wrote stays, also where Kueue wanted the same.
pub(crate) fn without_its_words(mut application: SparkApplication) -> SparkApplication {
    let managed = application.metadata.managed_fields.clone().unwrap_or_default();
    let spec = &mut application.spec;
    let places = [
        ("/f:driver/f:labels", &mut spec.driver.labels),
        ("/f:driver/f:annotations", &mut spec.driver.annotations),
        ("/f:driver/f:nodeSelector", &mut spec.driver.node_selector),
        ("/f:executor/f:labels", &mut spec.executor.labels),
        ("/f:executor/f:annotations", &mut spec.executor.annotations),
        ("/f:executor/f:nodeSelector", &mut spec.executor.node_selector),
        ("/f:nodeSelector", &mut spec.node_selector),
    ];
    for (path, place) in places {
        let is_its = |key: &str| managed.iter().any(|entry| has_written(entry, path, key));
        *place = place.take().and_then(|mut pairs| {
            pairs.retain(|key, _| !is_its(key));
            Some(pairs).filter(|pairs| !pairs.is_empty())
        });
    }
    application
}

fn has_written(entry: &ManagedFieldsEntry, path: &str, key: &str) -> bool {
    let fields = entry.fields_v1.as_ref().and_then(|fields| fields.0.get("f:spec"));
    let keys = fields.and_then(|fields| fields.pointer(path)).and_then(Value::as_object);
    entry.manager.as_deref() == Some(MANAGER)
        && keys.is_some_and(|keys| keys.contains_key(&format!("f:{key}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn what_kueue_wrote_goes_and_what_the_user_wrote_stays() {
        let mut old = testing::application("pi");
        let pairs = |value: Value| Some(serde_json::from_value(value).unwrap());
        old.spec.driver.annotations = pairs(json!({"kueue.x-k8s.io/workload": "sparkapplication-pi-1"}));
        old.spec.driver.node_selector = pairs(json!({"pool": "spot", "kubernetes.io/os": "linux"}));
        old.spec.executor.labels = pairs(json!({"kueue.x-k8s.io/podset": "executor", "team": "reports"}));
        old.spec.executor.node_selector = pairs(json!({"pool": "spot"}));
        let entry = |manager: &str, spec: Value| {
            let entry = json!({"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": spec}});
            serde_json::from_value(entry).unwrap()
        };
        let of_user = json!({
            "f:driver": {"f:nodeSelector": {"f:kubernetes.io/os": {}}},
            "f:executor": {"f:labels": {"f:team": {}}, "f:nodeSelector": {"f:pool": {}}},
        });
        let of_kueue = json!({
            "f:suspend": {},
            "f:driver": {
                "f:annotations": {".": {}, "f:kueue.x-k8s.io/workload": {}},
                "f:nodeSelector": {"f:pool": {}},
            },
            "f:executor": {"f:labels": {"f:kueue.x-k8s.io/podset": {}}},
        });
        old.metadata.managed_fields = Some(vec![entry("kubectl", of_user), entry("kueue", of_kueue)]);
        let new = without_its_words(old).spec;
        assert_eq!(new.driver.annotations, None);
        assert_eq!(new.driver.node_selector, pairs(json!({"kubernetes.io/os": "linux"})));
        assert_eq!(new.executor.labels, pairs(json!({"team": "reports"})));
        assert_eq!(new.executor.node_selector, pairs(json!({"pool": "spot"})));
    }
}
