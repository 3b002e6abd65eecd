//! From the tree to the types, with errors in the words of a manifest's writer instead of serde's.

use serde_json::Value;

use super::Manifest;
use super::error::ReadError;
use crate::application::SparkApplication;
use crate::field_error::FieldError;
use crate::field_path::{FieldPath, Segment};

/// The application that the manifest's tree describes.
pub(super) fn application(manifest: &mut Manifest<'_>) -> Result<SparkApplication, ReadError> {
    // Kubernetes drops the status from what users send.
    if let Some(fields) = manifest.tree.as_object_mut() {
        fields.shift_remove("status");
    }
    loop {
        let (path, message) = match serde_path_to_error::deserialize(&manifest.tree) {
            Ok(application) => return Ok(application),
            Err(error) => (field_path(error.path()), error.inner().to_string()),
        };
        if !take_as_text(manifest, &path, &message) {
            let problem = describe(&manifest.tree, path, &message);
            return Err(ReadError::Fields { problems: vec![manifest.place(problem)] });
        }
    }
}

pub(crate) fn field_path(path: &serde_path_to_error::Path) -> FieldPath {
    path.iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
            serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
        })
        .collect()
}

/// Where a string is wanted, turns an assigned number or boolean into the text that was assigned, and a
/// number that Kubernetes takes for a quantity into its text. Says whether it did.
fn take_as_text(manifest: &mut Manifest<'_>, path: &FieldPath, message: &str) -> bool {
    if !matches!(expected(message), Some("a string" | "string or map" | "Quantity")) {
        return false;
    }
    let assigned = manifest.assignments.iter().rev().find(|assignment| assignment.path == *path);
    let assigned = assigned.map(|assignment| assignment.value.clone());
    let Some(found) = find_mut(&mut manifest.tree, path) else { return false };
    let text = match (assigned, &*found) {
        (_, Value::String(_)) => return false,
        (Some(text), _) => text,
        (None, Value::Number(number)) if is_quantity_field(path) => number.to_string(),
        (None, _) => return false,
    };
    *found = Value::String(text);
    true
}

fn is_quantity_field(path: &FieldPath) -> bool {
    let keys = path.segments().iter().rev().filter_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Index(_) => None,
    });
    let keys: Vec<&str> = keys.take(3).collect();
    matches!(
        keys.as_slice(),
        [_, "limits" | "requests", ..]
            | [_, "resources", "batchSchedulerOptions"]
            | ["sizeLimit" | "divisor", ..]
    )
}

fn find_mut<'t>(tree: &'t mut Value, path: &FieldPath) -> Option<&'t mut Value> {
    path.segments().iter().try_fold(tree, |here, segment| match segment {
        Segment::Key(key) => here.get_mut(key.as_str()),
        Segment::Index(index) => here.get_mut(*index),
    })
}

fn find<'t>(tree: &'t Value, path: &FieldPath) -> Option<&'t Value> {
    path.segments().iter().try_fold(tree, |here, segment| match segment {
        Segment::Key(key) => here.get(key.as_str()),
        Segment::Index(index) => here.get(*index),
    })
}

/// What serde's message says it expected.
fn expected(message: &str) -> Option<&str> {
    message.rsplit_once(", expected ").map(|(_, expected)| expected)
}

/// The sentence for serde's `message` about the field at `path`.
pub(crate) fn describe(tree: &Value, path: FieldPath, message: &str) -> FieldError {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("missing field") {
        let field = quoted.next().unwrap_or_default();
        return FieldError::new(path.key(field), "missing; it is required");
    }
    let found = find(tree, &path);
    if message.starts_with("unknown variant") {
        let (variant, allowed) = (quoted.next().unwrap_or_default(), quoted.collect::<Vec<_>>());
        let problem = format!("{variant:?} is not a {}; use {}", noun(&path), alternatives(&allowed));
        return FieldError::new(path, problem);
    }
    let problem = match (found, expected(message)) {
        (Some(found), Some(expected)) => {
            let hint = hint(found, expected, &path);
            format!(
                "found {}; {} is expected{hint}",
                describe_value(found),
                describe_expected(expected, message)
            )
        }
        (_, _) => message.to_owned(),
    };
    FieldError::new(path, problem)
}

/// What a value of the field is called: `type`, `mode`, `python version`.
fn noun(path: &FieldPath) -> String {
    let mut noun = String::new();
    for character in path.last_key().chars() {
        if character.is_ascii_uppercase() {
            noun.push(' ');
        }
        noun.push(character.to_ascii_lowercase());
    }
    noun
}

fn alternatives(allowed: &[&str]) -> String {
    match allowed.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

fn describe_value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > 60 => {
            format!("the string {:?}…", text.chars().take(60).collect::<String>())
        }
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn describe_expected<'e>(expected: &'e str, message: &str) -> &'e str {
    match expected {
        "i32" if message.starts_with("invalid value") => "a whole number from -2147483648 to 2147483647",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a map" => "a mapping",
        "a sequence" => "a list",
        "string or map" => "a string",
        "Quantity" => "a quantity such as 500m or 2Gi",
        "IntOrString" => "a number or a string",
        "Time" => "a time",
        other if other.starts_with("struct ") || is_type_name(other) => "a mapping of fields",
        other => other,
    }
}

fn is_type_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn hint(found: &Value, expected: &str, path: &FieldPath) -> String {
    match (found, expected) {
        (Value::Number(_) | Value::Bool(_), "a string" | "string or map") => {
            format!(", so put it in quotes: \"{found}\"")
        }
        (Value::String(text), "i32" | "i64") if text.parse::<i64>().is_ok() => {
            format!(", so leave out the quotes: {text}")
        }
        (Value::Object(_), "a string") if path.segments().len() >= 3 => {
            let parent: FieldPath = path.segments()[..2].iter().cloned().collect();
            match parent.last_key() {
                "sparkConf" | "hadoopConf" => {
                    format!(", and a key with dots is one key: {parent}.\"{}.…\"", path.last_key())
                }
                _ => String::new(),
            }
        }
        (_, _) => String::new(),
    }
}
