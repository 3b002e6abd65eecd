//! Finds the fields of a manifest that have no meaning.
//!
//! A field that typing lost is suspect: the typed application, written back, does not have it.
//! The schema then says whether the field exists, and which of its neighbours was meant.
//! The schema is only made when there is a suspect, because most manifests have none.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use schemars::schema_for;
use serde_json::{Map, Value};

use super::{Manifest, Warning};
use crate::application::{SparkApplication, SparkApplicationSpec};
use crate::field_path::{FieldPath, Segment};
use crate::nearest::nearest;

/// A warning for each field of the manifest that the types do not know.
pub(super) fn warnings(manifest: &Manifest<'_>, application: &SparkApplication) -> Vec<Warning> {
    let Ok(typed) = serde_json::to_value(application) else { return Vec::new() };
    let mut suspects = Vec::new();
    compare(&manifest.tree, &typed, &FieldPath::default(), &mut suspects);
    if suspects.is_empty() {
        return Vec::new();
    }
    let schema = Schema::new();
    suspects
        .into_iter()
        .filter_map(|path| {
            let neighbours = schema.neighbours(path.segments())?;
            let name = path.last_key();
            if neighbours.iter().any(|neighbour| neighbour == name) {
                return None;
            }
            let nearest = nearest(name, neighbours.iter().map(String::as_str)).map(str::to_owned);
            Some(Warning { place: manifest.place_of(&path), path, nearest })
        })
        .collect()
}

/// Collects the fields of `given` that `typed` does not have.
fn compare(given: &Value, typed: &Value, path: &FieldPath, suspects: &mut Vec<FieldPath>) {
    match (given, typed) {
        (Value::Object(given), Value::Object(typed)) => {
            for (key, value) in given {
                match typed.get(key) {
                    Some(typed) => compare(value, typed, &path.key(key), suspects),
                    None => suspects.push(path.key(key)),
                }
            }
        }
        (Value::Array(given), Value::Array(typed)) => {
            for (index, (given, typed)) in given.iter().zip(typed).enumerate() {
                compare(given, typed, &path.index(index), suspects);
            }
        }
        (_, _) => {}
    }
}

/// The schema of the whole manifest.
struct Schema {
    root: Value,
    spec: Value,
    metadata: Value,
}

impl Schema {
    fn new() -> Self {
        let names = ["apiVersion", "kind", "metadata", "spec", "status"];
        let properties: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), Value::Bool(true))).collect();
        Self {
            root: serde_json::json!({ "properties": properties }),
            spec: schema_for!(SparkApplicationSpec).to_value(),
            metadata: schema_for!(ObjectMeta).to_value(),
        }
    }

    /// The names of the fields beside the one at `path`, itself included if it exists.
    /// None where any field is allowed.
    fn neighbours(&self, path: &[Segment]) -> Option<Vec<String>> {
        let (_, way) = path.split_last()?;
        let (document, way) = match way {
            [] => (&self.root, way),
            [Segment::Key(key), rest @ ..] if key == "spec" => (&self.spec, rest),
            [Segment::Key(key), rest @ ..] if key == "metadata" => (&self.metadata, rest),
            [..] => return None,
        };
        let schema = way.iter().try_fold(resolve(document, document), |schema, segment| {
            let below = match segment {
                Segment::Index(_) => schema.get("items"),
                Segment::Key(key) => schema
                    .get("properties")
                    .and_then(|properties| properties.get(key))
                    .or_else(|| schema.get("additionalProperties")),
            };
            below.map(|below| resolve(below, document))
        })?;
        Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
    }
}

/// The schema that `schema` refers to, past references and the alternative `null`.
fn resolve<'s>(schema: &'s Value, document: &'s Value) -> &'s Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        return target.map_or(schema, |target| resolve(target, document));
    }
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let object = alternatives.and_then(|all| all.iter().find(|one| one.get("type") != Some(&"null".into())));
    object.map_or(schema, |object| resolve(object, document))
}
