//! Every field of the spec has a case, or an entry in `docs/differences.md` that says why it shapes nothing.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::support::cases;

/// Fields of our own types, which are looked into; those of Kubernetes' types count as a whole.
const OWN: &[&str] = &[
    "spec",
    "spec.driver",
    "spec.executor",
    "spec.deps",
    "spec.restartPolicy",
    "spec.monitoring",
    "spec.monitoring.prometheus",
    "spec.batchSchedulerOptions",
    "spec.sparkUIOptions",
    "spec.driverIngressOptions",
    "spec.dynamicAllocation",
    "spec.timeouts",
];

#[test]
fn every_field_has_a_case_or_a_word_in_the_differences() {
    let differences = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/differences.md");
    let differences = std::fs::read_to_string(differences).unwrap();
    let mut mentioned = BTreeSet::new();
    for case in cases() {
        mention("spec", &case.patch["spec"], &mut mentioned);
    }
    let mut fields = BTreeSet::new();
    walk("spec", &schema(), &mut fields);
    assert!(fields.len() > 100, "{} fields", fields.len());
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| !mentioned.contains(*field) && !differences.contains(&format!("`{field}`")))
        .collect();
    assert!(missing.is_empty(), "fields without a case: {missing:#?}");
}

#[test]
fn cases_mention_no_field_that_there_is_not() {
    let mut fields = BTreeSet::new();
    walk("spec", &schema(), &mut fields);
    for case in cases() {
        let mut mentioned = BTreeSet::new();
        mention("spec", &case.patch["spec"], &mut mentioned);
        let unknown: Vec<_> = mentioned.difference(&fields).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", case.name);
    }
}

/// The schema of `spec`.
fn schema() -> Value {
    let definition =
        hearth_crd::definitions().into_iter().find(|one| one.name.starts_with("sparkapplications"));
    let object = Value::Object(definition.unwrap().object);
    let schema = &object["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
    assert!(schema.is_object());
    schema.clone()
}

fn walk(path: &str, schema: &Value, fields: &mut BTreeSet<String>) {
    let properties = schema.get("properties").or_else(|| schema["items"].get("properties"));
    for (name, field) in properties.and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}.{name}");
        if OWN.contains(&path.as_str()) {
            walk(&path, field, fields);
        } else {
            fields.insert(path);
        }
    }
}

fn mention(path: &str, value: &Value, mentioned: &mut BTreeSet<String>) {
    let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    for value in values {
        for (name, field) in value.as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if OWN.contains(&path.as_str()) {
                mention(&path, field, mentioned);
            } else {
                mentioned.insert(path);
            }
        }
    }
}
