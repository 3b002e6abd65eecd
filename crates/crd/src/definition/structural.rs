//! From the schema of a Rust type to the structural schema that Kubernetes takes.
//!
//! - References are resolved in place, enums become lists of values with the meaning of each in the description.
//! - No field is nullable but times of the status: the API server then drops a null that a client sends, as Airflow does,
//!   instead of storing it.
//! - Below the fields of Kubernetes' own types descriptions are left out; the fields themselves keep their first sentence.

use serde_json::{Map, Value, json};

/// How references to the types of this crate's schemas begin; Kubernetes' types have longer names.
pub(super) const DEFINITIONS: &str = "#/$defs/";
/// How the names of Kubernetes' types begin.
pub(super) const KUBERNETES: &str = "io.k8s.";
/// Kubernetes' type of the times, some of which Kubeflow's operator may null in a status.
const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
/// The metadata of embedded objects, whose inside the API server does not want to see described.
const METADATA: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// The structural schema for a schema that `schemars` made.
pub(super) fn structural(schema: &Value) -> Value {
    Resolver { definitions: &schema["$defs"] }.schema(schema, 0)
}

struct Resolver<'s> {
    definitions: &'s Value,
}

impl<'s> Resolver<'s> {
    /// `depth` counts the types of Kubernetes that lead here.
    fn schema(&self, given: &'s Value, depth: usize) -> Value {
        let (own, default) = (given.get("description"), given.get("default"));
        let (given, optional) = not_null(given);
        let (name, target) = self.target(given);
        let depth = depth + usize::from(name.is_some_and(|name| name.starts_with(KUBERNETES)));
        let mut schema = match target.get("oneOf").and_then(Value::as_array) {
            Some(variants) => enumeration(variants),
            None => self.object(target, depth),
        };
        if name == Some(TIME) && optional {
            schema.insert("nullable".into(), true.into());
        }
        if name == Some(METADATA) {
            schema = Map::from_iter([("type".into(), "object".into())]);
        }
        if let Some(default) = default {
            schema.insert("default".into(), default.clone());
        }
        let own = own.or_else(|| target.get("description"));
        if let Some(own) = own.and_then(Value::as_str)
            && let Some(mut text) = shorten(own, depth - usize::from(name.is_some_and(is_kubernetes)))
        {
            if let Some(values) = target.get("oneOf").and_then(Value::as_array) {
                text.extend(values.iter().filter_map(meaning));
            }
            schema.insert("description".into(), text.into());
        }
        // Read by people: what it is comes before what is in it.
        schema.sort_keys();
        Value::Object(schema)
    }

    /// What `given` refers to, by name if it refers to something.
    fn target(&self, given: &'s Value) -> (Option<&'s str>, &'s Value) {
        let reference = given.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|reference| reference.strip_prefix(DEFINITIONS));
        let target = name.and_then(|name| self.definitions.get(name));
        (name, target.unwrap_or(given))
    }

    /// The keywords of `given` that Kubernetes knows.
    fn object(&self, given: &'s Value, depth: usize) -> Map<String, Value> {
        let mut schema = Map::new();
        for (keyword, value) in given.as_object().into_iter().flatten() {
            let value = match keyword.as_str() {
                "type" => single_type(value),
                "items" | "additionalProperties" => self.schema(value, depth),
                "properties" => {
                    let properties = value.as_object().into_iter().flatten();
                    properties.map(|(name, value)| (name.clone(), self.schema(value, depth))).collect()
                }
                "format" if value.as_str().is_some_and(|format| format.starts_with("uint")) => continue,
                "format" | "minimum" | "maximum" | "pattern" | "maxLength" | "required" => value.clone(),
                extension if extension.starts_with("x-kubernetes-") => value.clone(),
                _ => continue,
            };
            schema.insert(keyword.clone(), value);
        }
        schema
    }
}

fn is_kubernetes(name: &str) -> bool {
    name.starts_with(KUBERNETES)
}

/// The alternative beside `null`, and whether there is a `null`.
pub(super) fn not_null(given: &Value) -> (&Value, bool) {
    let alternatives = given.get("anyOf").and_then(Value::as_array);
    let other = alternatives.and_then(|all| all.iter().find(|one| one.get("type") != Some(&json!("null"))));
    (other.unwrap_or(given), other.is_some())
}

/// The type beside `null`.
pub(super) fn single_type(value: &Value) -> Value {
    let types = value.as_array();
    let other = types.and_then(|all| all.iter().find(|one| one.as_str() != Some("null")));
    other.unwrap_or(value).clone()
}

/// The schema of an enum without data.
fn enumeration(variants: &[Value]) -> Map<String, Value> {
    let values: Vec<&Value> = variants.iter().filter_map(|variant| variant.get("const")).collect();
    Map::from_iter([("type".into(), json!("string")), ("enum".into(), json!(values))])
}

/// A line that says what a variant means.
fn meaning(variant: &Value) -> Option<String> {
    let value = variant.get("const")?.as_str()?;
    let description = variant.get("description")?.as_str()?;
    Some(format!("\n`{value}`: {}", description.replace('\n', " ")))
}

/// What is kept of the description of something inside `depth` types of Kubernetes.
fn shorten(description: &str, depth: usize) -> Option<String> {
    let text = description.replace('\n', " ");
    match depth {
        0 => Some(text),
        1 => {
            let end = text.find(". ").map_or(text.len(), |end| end + 1);
            Some(text[..end].to_owned())
        }
        _ => None,
    }
}
