//! The fields of a spec or status as a flat list, for documents.

use serde_json::Value;

use super::structural::{DEFINITIONS, KUBERNETES, not_null, single_type};

/// One field of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it is, as in `spec.driver.env[]`.
    pub path: String,
    /// What it holds, in words: `text`, `list of Toleration`, `Always or Never`.
    pub form: String,
    /// Whether there is no object without it.
    pub required: bool,
    /// What it means. Lines are sentences.
    pub description: String,
}

/// The fields below `path` in a schema that `schemars` made, down to the types of Kubernetes and to those in `closed`.
pub(super) fn fields(path: &str, schema: &Value, closed: &[&str]) -> Vec<Field> {
    let mut all = Vec::new();
    Walk { definitions: &schema["$defs"], closed }.below(path, schema, &mut all);
    all
}

struct Walk<'s> {
    definitions: &'s Value,
    closed: &'s [&'s str],
}

impl<'s> Walk<'s> {
    fn below(&self, path: &str, schema: &'s Value, all: &mut Vec<Field>) {
        let required = schema["required"].as_array();
        for (name, given) in schema["properties"].as_object().into_iter().flatten() {
            let (target, _) = not_null(given);
            let description = given.get("description").or_else(|| target.get("description"));
            let path = format!("{path}.{name}");
            all.push(Field {
                path: path.clone(),
                form: self.form(target),
                required: required.is_some_and(|names| names.iter().any(|one| one == name)),
                description: description.and_then(Value::as_str).unwrap_or_default().to_owned(),
            });
            match target.get("items").or_else(|| target.get("additionalProperties")) {
                Some(items) => self.open(&format!("{path}[]"), items, all),
                None => self.open(&path, target, all),
            }
        }
    }

    /// The fields of what `given` refers to, if it is ours.
    fn open(&self, path: &str, given: &'s Value, all: &mut Vec<Field>) {
        if let Some(name) = name(given)
            && !name.starts_with(KUBERNETES)
            && !self.closed.contains(&name)
        {
            self.below(path, &self.definitions[name], all);
        }
    }

    fn form(&self, given: &'s Value) -> String {
        if let Some(name) = name(given) {
            let target = &self.definitions[name];
            return match target["oneOf"].as_array() {
                Some(variants) => one_of(variants),
                None if name.starts_with(KUBERNETES) => name.rsplit('.').next().unwrap_or(name).to_owned(),
                None => "object".to_owned(),
            };
        }
        match single_type(&given["type"]).as_str() {
            Some("array") => format!("list of {}", self.form(&given["items"])),
            Some("object") if given["additionalProperties"].is_object() => {
                format!("map of {}", self.form(&given["additionalProperties"]))
            }
            Some("string") => "text".to_owned(),
            Some("integer") => "whole number".to_owned(),
            Some(other) => other.to_owned(),
            None => "anything".to_owned(),
        }
    }
}

fn name(given: &Value) -> Option<&str> {
    given.get("$ref")?.as_str()?.strip_prefix(DEFINITIONS)
}

fn one_of(variants: &[Value]) -> String {
    let values: Vec<String> = variants.iter().map(|variant| variant["const"].to_string()).collect();
    match values.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
