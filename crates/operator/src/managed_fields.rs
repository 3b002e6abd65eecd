//! Who set which fields of an object: what was made with POST becomes what was applied, so that a later apply takes away what it does
//! not name any more.
//!
//! The API server keeps the two apart even if it is the same manager. client-go: `csaupgrade`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::Value;

use crate::names::FIELD_MANAGER;

/// The managed fields of an object, with those that we set by making it among those that we apply. Nothing if they are already.
pub(crate) fn as_applied(metadata: &ObjectMeta) -> Option<Vec<ManagedFieldsEntry>> {
    let all = metadata.managed_fields.as_deref().unwrap_or_default();
    let (made, mut rest): (Vec<ManagedFieldsEntry>, Vec<_>) =
        all.iter().cloned().partition(|entry| is_ours(entry, "Update"));
    for mut entry in made {
        match rest.iter_mut().find(|entry| is_ours(entry, "Apply")) {
            Some(applied) => {
                if let (Some(applied), Some(made)) = (&mut applied.fields_v1, entry.fields_v1) {
                    unite(&mut applied.0, made.0);
                }
            }
            None => {
                entry.operation = Some("Apply".to_owned());
                rest.push(entry);
            }
        }
    }
    (rest != all).then_some(rest)
}

fn is_ours(entry: &ManagedFieldsEntry, operation: &str) -> bool {
    let is_whole = entry.subresource.as_ref().is_none_or(String::is_empty);
    is_whole
        && entry.manager.as_deref() == Some(FIELD_MANAGER)
        && entry.operation.as_deref() == Some(operation)
}

/// Sets of fields are objects whose keys are the fields.
fn unite(fields: &mut Value, others: Value) {
    if let (Value::Object(fields), Value::Object(others)) = (fields, others) {
        for (field, within) in others {
            match fields.get_mut(&field) {
                Some(known) => unite(known, within),
                None => {
                    fields.insert(field, within);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::Api;
    use serde_json::json;

    use crate::api::{Owner, ensure_as};
    use crate::testing::FakeApi;

    const PATH: &str = "/api/v1/namespaces/ns/configmaps/pi-prom-conf";

    fn entry(manager: &str, operation: &str, fields: &[&str]) -> serde_json::Value {
        let fields: serde_json::Map<_, _> =
            fields.iter().map(|field| (format!("f:{field}"), json!({}))).collect();
        json!({ "manager": manager, "operation": operation, "fieldsType": "FieldsV1", "fieldsV1": { "f:data": fields } })
    }

    #[tokio::test]
    async fn what_was_made_with_post_is_applied_from_then_on() {
        let api = FakeApi::default();
        let owner = Owner { kind: "SparkApplication", name: "pi", uid: "1" };
        let wanted: ConfigMap =
            serde_json::from_value(json!({ "metadata": { "name": "pi-prom-conf" } })).unwrap();
        let others = entry("kubectl", "Update", &["other"]);
        let (made, applied) =
            (entry("hearth-operator", "Update", &["a", "b"]), entry("hearth-operator", "Apply", &["b", "c"]));
        for (before, after) in [
            (json!([others, made]), Some(json!([others, entry("hearth-operator", "Apply", &["a", "b"])]))),
            (
                json!([made, applied, others]),
                Some(json!([entry("hearth-operator", "Apply", &["b", "c", "a"]), others])),
            ),
            (json!([others, applied]), None),
        ] {
            let owners =
                json!([{ "apiVersion": "v1", "kind": "SparkApplication", "name": "pi", "uid": "1" }]);
            let metadata =
                json!({ "name": "pi-prom-conf", "ownerReferences": owners, "managedFields": before });
            api.put(PATH, json!({ "metadata": metadata }));
            api.take_log();
            let client: Api<ConfigMap> = Api::namespaced(api.client(), "ns");
            ensure_as(&client, &wanted, owner, &()).await.unwrap();
            let patches = api.take_log().iter().filter(|request| *request == "PATCH configmaps").count();
            assert_eq!(patches, if after.is_some() { 2 } else { 1 });
            assert_eq!(api.get(PATH).unwrap()["metadata"]["managedFields"], after.unwrap_or(before));
        }
    }
}
