//! `docs/api.md`: the fields of the custom resources.

use std::fmt::Write as _;

use hearth_crd::{Definition, Field};

use crate::generated::Generated;

const HEAD: &str = "\
<!-- Made by `cargo xtask docs` from crates/crd. Not to be edited. -->

# The custom resources

`kubectl explain sparkapplication.spec.driver` shows the same in a terminal.
The kinds of the group `sparkoperator.k8s.io` have the fields of Kubeflow's Spark operator; \
what Hearth does with each of them is in [differences.md](differences.md) where it is not the same.
Fields that do not exist are dropped by the API server.

Types with a capital are those of Kubernetes.
";

/// The one file.
pub(crate) fn generate() -> Vec<Generated> {
    let mut text = HEAD.to_owned();
    for definition in hearth_crd::definitions() {
        write(&mut text, &definition);
    }
    vec![Generated { path: "docs/api.md".to_owned(), text, command: "cargo xtask docs" }]
}

fn write(text: &mut String, definition: &Definition) {
    let spec = &definition.object["spec"];
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, version) = (word(&spec["names"]["kind"]), word(&spec["versions"][0]["name"]));
    // Writing to a string cannot fail.
    let _infallible = write!(
        text,
        "\n## {kind}\n\n`apiVersion: {}/{version}`, short name `{}`.\n\n| field | holds | meaning |\n|---|---|---|\n",
        word(&spec["group"]),
        word(&spec["names"]["shortNames"][0]),
    );
    for field in &definition.fields {
        text.push_str(&row(field));
    }
}

fn row(field: &Field) -> String {
    let required = if field.required { ", required" } else { "" };
    let cells = [&field.form, &field.description].map(|cell| cell.replace('|', "\\|").replace('\n', " "));
    format!("| `{}` | {}{required} | {} |\n", field.path, cells[0], cells[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_table() {
        let text = &generate()[0].text;
        for kind in ["SparkApplication", "ScheduledSparkApplication", "SparkConnect", "ExecutorPool"] {
            assert!(text.contains(&format!("\n## {kind}\n")), "{kind}");
        }
        assert!(text.contains("\n| `spec.driver` | object, required | The driver. |\n"));
    }
}
