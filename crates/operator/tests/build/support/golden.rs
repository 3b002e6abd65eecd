//! Each case gives what its file says.

use serde_json::{Map, Value, json};

use super::support::{built, cases};

#[test]
fn each_case_gives_what_its_file_says() {
    let base = built(&json!({}));
    let cases = cases();
    assert!(cases.len() > 50, "{} cases", cases.len());
    for case in cases {
        let expected =
            if case.name == "base" { base.clone() } else { difference(&base, &built(&case.patch)) };
        let text = serde_norway::to_string(&expected).unwrap();
        expect_test::expect_file![&case.expected].assert_eq(&text);
        assert!(case.name == "base" || expected != json!({}), "{} changes nothing", case.name);
    }
}

/// The merge patch that makes `to` of `from`.
fn difference(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
    let mut patch = Map::new();
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in to {
        match from.get(key) {
            Some(before) if before == value => {}
            Some(before) => {
                patch.insert(key.clone(), difference(before, value));
            }
            None => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(patch)
}
