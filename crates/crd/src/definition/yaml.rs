//! YAML that is small, and readable where it can be: what fits on a line is on a line.
//!
//! The usual writers give every value a line of its own, indented by its depth, which doubles the size of a schema.

use serde_json::{Map, Value};

/// What is shorter is written on one line, as JSON, which is YAML too.
const LINE: usize = 100;

/// The object as a YAML document.
pub(super) fn to_yaml(object: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_map(&mut text, object, 0);
    text
}

fn write_map(text: &mut String, map: &Map<String, Value>, indent: usize) {
    for (index, (name, value)) in map.iter().enumerate() {
        // The first field of a list's item stands behind the dash.
        if index > 0 || !text.ends_with("- ") {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str(&key(name));
        text.push(':');
        write_value(text, value, indent);
    }
}

/// Writes a value behind its key.
fn write_value(text: &mut String, value: &Value, indent: usize) {
    let line = value.to_string();
    match value {
        Value::Object(map) if line.len() > LINE => {
            text.push('\n');
            write_map(text, map, indent + 2);
        }
        Value::Array(items) if line.len() > LINE => {
            text.push('\n');
            for item in items {
                text.push_str(&" ".repeat(indent));
                text.push_str("- ");
                match item {
                    Value::Object(map) => write_map(text, map, indent + 2),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                        text.push_str(&item.to_string());
                        text.push('\n');
                    }
                }
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {
            text.push(' ');
            text.push_str(&line);
            text.push('\n');
        }
    }
}

/// A key, in quotes where YAML would take it for something else than a string.
fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let long = "x".repeat(120);
        let object = json!({
            "short": { "a": [1, true, null], "b": "colon: and # and \"quotes\"\nand lines" },
            "long": { "no": long, "list": [{ "a": long, "b": [] }, long, { "c": {} }] },
            "-key with spaces": [],
        });
        let text = to_yaml(object.as_object().unwrap());
        let read: Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(read, object, "{text}");
    }
}
