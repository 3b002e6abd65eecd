//! Assignments to fields of a manifest, in the manner of Helm: `spec.executor.instances=3`.

use serde_json::{Map, Value};

use super::document::to_json;
use super::error::ReadError;
use crate::field_path::{FieldPath, Segment};

/// Makes one assignment `PATH=VALUE` to a tree.
///
/// Mappings on the way are made where they are missing; an index one past the end of a list adds an entry.
/// The value is read as YAML, so `3` is a number, `true` a boolean, `[a, b]` a list, `null` removes the field,
/// and what is not YAML is a string.
///
/// # Errors
///
/// A text that is not an assignment, or a path through something that has no fields.
pub fn set_path(tree: &mut Value, assignment: &str) -> Result<FieldPath, ReadError> {
    set_path_parts(tree, assignment).map(|(path, _)| path)
}

/// As [`set_path`]; returns the path and the value as it is written.
pub(super) fn set_path_parts(tree: &mut Value, assignment: &str) -> Result<(FieldPath, String), ReadError> {
    let error = |problem: String| ReadError::Assignment { assignment: assignment.to_owned(), problem };
    let equals = find_equals(assignment).ok_or_else(|| {
        error("no equals sign; write PATH=VALUE, as in spec.executor.instances=3".to_owned())
    })?;
    let (path, value) = (&assignment[..equals], &assignment[equals + 1..]);
    let path: FieldPath = path.trim().parse().map_err(|cause| error(format!("not a path: {cause}")))?;
    put(tree, &path, parse_value(value)).map_err(error)?;
    Ok((path, value.to_owned()))
}

/// The position of the first equals sign outside of quotes.
fn find_equals(assignment: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (position, character) in assignment.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '=' if !quoted => return Some(position),
            _ => {}
        }
    }
    None
}

fn parse_value(text: &str) -> Value {
    if text.is_empty() {
        return Value::String(String::new());
    }
    let parsed = serde_norway::from_str::<serde_norway::Value>(text).and_then(to_json);
    parsed.unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn put(tree: &mut Value, path: &FieldPath, value: Value) -> Result<(), String> {
    let mut here = tree;
    let mut walked = FieldPath::default();
    let (last, way) = path.segments().split_last().ok_or("the path is empty")?;
    for segment in way {
        here = enter(here, segment, &walked)?;
        walked = walked.join(segment.clone());
    }
    if value.is_null() {
        remove(here, last);
        return Ok(());
    }
    *enter(here, last, &walked)? = value;
    Ok(())
}

/// The place that `segment` leads to, made if it is missing.
fn enter<'t>(here: &'t mut Value, segment: &Segment, walked: &FieldPath) -> Result<&'t mut Value, String> {
    match segment {
        Segment::Key(key) => {
            if here.is_null() {
                *here = Value::Object(Map::new());
            }
            let fields = here.as_object_mut().ok_or_else(|| format!("{walked} is not a mapping"))?;
            Ok(fields.entry(key.as_str()).or_insert(Value::Null))
        }
        Segment::Index(index) => {
            if here.is_null() {
                *here = Value::Array(Vec::new());
            }
            let entries = here.as_array_mut().ok_or_else(|| format!("{walked} is not a list"))?;
            if *index == entries.len() {
                entries.push(Value::Null);
            }
            let count = entries.len();
            entries
                .get_mut(*index)
                .ok_or_else(|| format!("{walked} has {count} entries; the next is [{count}]"))
        }
    }
}

fn remove(here: &mut Value, segment: &Segment) {
    match (here, segment) {
        (Value::Object(fields), Segment::Key(key)) => {
            fields.shift_remove(key);
        }
        (Value::Array(entries), Segment::Index(index)) if *index < entries.len() => {
            entries.remove(*index);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(tree: Value, assignment: &str, expected: Value) {
        let mut tree = tree;
        set_path(&mut tree, assignment).unwrap();
        assert_eq!(tree, expected, "{assignment}");
    }

    #[test]
    fn a_value_is_read_as_yaml() {
        check(json!({}), "a=3", json!({"a": 3}));
        check(json!({}), "a=true", json!({"a": true}));
        check(json!({}), "a=text", json!({"a": "text"}));
        check(json!({}), "a=\"3\"", json!({"a": "3"}));
        check(json!({}), "a=", json!({"a": ""}));
        check(json!({}), "a=[1, b]", json!({"a": [1, "b"]}));
        check(json!({}), "a=x=y", json!({"a": "x=y"}));
        check(json!({}), "a=@", json!({"a": "@"}));
    }

    #[test]
    fn what_is_missing_on_the_way_is_made() {
        check(json!({"a": {"x": 1}}), "a.b.c=3", json!({"a": {"x": 1, "b": {"c": 3}}}));
        check(json!({"a": null}), "a.b=3", json!({"a": {"b": 3}}));
        check(json!({}), "a[0].b=3", json!({"a": [{"b": 3}]}));
        check(json!({"a": [1, 2]}), "a[1]=3", json!({"a": [1, 3]}));
        check(json!({"a": [1, 2]}), "a[2]=3", json!({"a": [1, 2, 3]}));
    }

    #[test]
    fn keys_with_dots_are_quoted_or_escaped() {
        check(json!({}), r#"conf."spark.x"=2"#, json!({"conf": {"spark.x": 2}}));
        check(json!({}), r"conf.spark\.x=2", json!({"conf": {"spark.x": 2}}));
        check(json!({}), r#"conf."a=b"=2"#, json!({"conf": {"a=b": 2}}));
    }

    #[test]
    fn null_removes() {
        check(json!({"a": {"b": 1, "c": 2}}), "a.b=null", json!({"a": {"c": 2}}));
        check(json!({"a": [1, 2]}), "a[0]=null", json!({"a": [2]}));
        check(json!({"a": 1}), "b=null", json!({"a": 1}));
    }

    #[test]
    fn what_cannot_be_assigned_says_why() {
        let error =
            |assignment: &str| set_path(&mut json!({"a": 1, "l": [1]}), assignment).unwrap_err().to_string();
        assert_eq!(error("a"), "--set a: no equals sign; write PATH=VALUE, as in spec.executor.instances=3");
        assert_eq!(error("a.b=1"), "--set a.b=1: a is not a mapping");
        assert_eq!(error("a[0]=1"), "--set a[0]=1: a is not a list");
        assert_eq!(error("l[2]=1"), "--set l[2]=1: l has 1 entries; the next is [1]");
        assert_eq!(error("=1"), "--set =1: not a path: a field name is missing at position 1");
    }
}
