//! From text to the tree of the one `SparkApplication` in it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ReadError;
use crate::{API_VERSION, KIND};

/// The `SparkApplication` among the documents of `text`, and its position among them.
pub(super) fn find(text: &str, file: &str) -> Result<(usize, Value), ReadError> {
    let documents = parse(text, file)?;
    let (applications, others): (Vec<_>, Vec<_>) = documents
        .into_iter()
        .enumerate()
        .filter(|(_, document)| !document.is_null())
        .partition(|(_, document)| is_application(document));
    if applications.is_empty() && others.is_empty() {
        return Err(ReadError::Empty { file: file.to_owned() });
    }
    if applications.len() > 1 {
        let name = |document: &Value| {
            document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("without a name").to_owned()
        };
        let names = applications.iter().map(|(_, document)| name(document)).collect();
        return Err(ReadError::Several { file: file.to_owned(), names });
    }
    applications.into_iter().next().ok_or_else(|| {
        let found: Vec<String> = others.iter().map(|(_, document)| describe_kind(document)).collect();
        ReadError::Kind { file: file.to_owned(), found: found.join(", ") }
    })
}

fn is_application(document: &Value) -> bool {
    document.get("kind").and_then(Value::as_str) == Some(KIND)
        && document.get("apiVersion").and_then(Value::as_str) == Some(API_VERSION)
}

fn describe_kind(document: &Value) -> String {
    let Some(fields) = document.as_object() else {
        return "no mapping with apiVersion, kind, metadata and spec".to_owned();
    };
    let field = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => format!("no {name}"),
        Some(Value::String(text)) => format!("{name} {text}"),
        Some(other) => format!("{name} {other}"),
    };
    format!("{} with {}", field("kind"), field("apiVersion"))
}

/// Every document of a text. JSON is YAML, save for rare forms, for which JSON is tried after YAML failed.
fn parse(text: &str, file: &str) -> Result<Vec<Value>, ReadError> {
    let yaml_error = match parse_yaml(text) {
        Ok(documents) => return Ok(documents),
        Err(error) => error,
    };
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map(|document| vec![document]).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ReadError::Syntax {
                file: file.to_owned(),
                form: "JSON",
                position: Some((line, column)),
                problem: without(&error.to_string(), &format!(" at line {line} column {column}")),
            }
        });
    }
    let position = yaml_error.location().map(|location| (location.line(), location.column()));
    let suffix =
        position.map(|(line, column)| format!(" at line {line} column {column}")).unwrap_or_default();
    Err(ReadError::Syntax {
        file: file.to_owned(),
        form: "YAML",
        position,
        problem: without(&yaml_error.to_string(), &suffix),
    })
}

fn without(message: &str, part: &str) -> String {
    if part.is_empty() { message.to_owned() } else { message.replacen(part, "", 1) }
}

fn parse_yaml(text: &str) -> Result<Vec<Value>, serde_norway::Error> {
    serde_norway::Deserializer::from_str(text)
        .map(|document| {
            let mut value = serde_norway::Value::deserialize(document)?;
            value.apply_merge()?;
            to_json(value)
        })
        .collect()
}

/// The same tree as JSON has it: tags go, keys that are numbers or booleans become texts.
pub(super) fn to_json(value: serde_norway::Value) -> Result<Value, serde_norway::Error> {
    use serde_norway::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::String(text) => Value::String(text),
        Yaml::Number(number) => {
            let exact = number.as_i64().map(Value::from).or_else(|| number.as_u64().map(Value::from));
            exact.unwrap_or_else(|| match number.as_f64().and_then(serde_json::Number::from_f64) {
                Some(float) => Value::Number(float),
                None => Value::String(number.to_string()),
            })
        }
        Yaml::Sequence(entries) => Value::Array(entries.into_iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(fields) => {
            let mut object = Map::new();
            for (key, value) in fields {
                object.insert(key_text(key)?, to_json(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => to_json(tagged.value)?,
    })
}

fn key_text(key: serde_norway::Value) -> Result<String, serde_norway::Error> {
    match to_json(key)? {
        Value::String(text) => Ok(text),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(serde::de::Error::custom("a key of a mapping must be a string"))
        }
        scalar @ (Value::Bool(_) | Value::Number(_)) => Ok(scalar.to_string()),
    }
}
