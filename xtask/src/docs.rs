//! `docs/configuration.md`, made from the registry of `hearth-conf`.

use std::fmt::Write as _;

use hearth_conf::{SparkConf, families, find, spark_keys, topics};

use crate::generated::Generated;

/// The one file.
pub(crate) fn generate() -> Vec<Generated> {
    let path = "docs/configuration.md".to_owned();
    vec![Generated { path, text: text(), command: "cargo xtask docs" }]
}

const HEAD: &str = "\
<!-- Made by `cargo xtask docs` from crates/conf/src/entries. Not to be edited. -->

# Configuration

Hearth is configured with Spark's keys.
They are set in `spec.sparkConf` of a manifest, with `hearth run --conf KEY=VALUE`, or on `SparkConf` in a program.
A default is Spark 4.3.0's, unless its meaning says otherwise.

Sizes are written as `512m` or `2g` (suffixes `b`, `k`, `m`, `g`, `t`, `p`; powers of 1024).
Times are written as `200ms`, `10s`, `5min` or `1h` (suffixes `us`, `ms`, `s`, `m`, `min`, `h`, `d`).
A number without a suffix counts in the unit that the table names.
A wrong value of a key in these tables is an error before anything starts:

```text
";

const FAMILIES: &str = "
## Families of keys

Those about pods count on Kubernetes, where the operator reads them, and change nothing elsewhere.

| key | meaning |
|---|---|
";

const NO_EFFECT: &str = "
## Keys without effect

";

fn text() -> String {
    let mut text = HEAD.to_owned();
    let wrong = SparkConf::new().with("spark.executor.memory", "12x");
    text.extend(wrong.problems().iter().map(|problem| format!("{problem}\n")));
    text.push_str("```\n");
    for topic in topics() {
        text += &format!("\n## {}\n\n| key | type | default | meaning |\n|---|---|---|---|\n", topic.title);
        for entry in topic.entries {
            let cells = [entry.type_name(), entry.default_text(), entry.doc()].map(|cell| escape(&cell));
            text += &format!("| `{}` | {} |\n", entry.key(), cells.join(" | "));
        }
    }
    text.push_str(FAMILIES);
    for family in families() {
        if let Some(doc) = family.doc {
            text += &format!("| `{}` | {} |\n", family.pattern, escape(doc));
        }
    }
    text.push_str(NO_EFFECT);
    no_effect(&mut text);
    text
}

fn no_effect(text: &mut String) {
    let public = spark_keys().iter().filter(|known| known.public);
    let silent = public.filter(|known| find(known.key).is_none()).count();
    let warning = |key: &str| SparkConf::new().with(key, "1").warnings().join("\n");
    // Writing to a string cannot fail.
    let _infallible = write!(
        text,
        "Spark 4.3.0 has {silent} more public keys, and families of keys such as `spark.sql.*`, `spark.hadoop.*` \
         and `spark.connect.*`.\n\
         They may be set, so that a configuration written for Spark is accepted, and each of them warns:\n\n\
         ```text\n{}\n```\n\n\
         A key that nobody knows warns with the nearest known one:\n\n\
         ```text\n{}\n```\n\n\
         Keys that do not begin with `spark.` are the program's own business.\n\n\
         Values of keys that match `spark.redaction.regex`, and values that match it, are never shown.\n",
        warning("spark.speculation"),
        warning("spark.executor.memroy"),
    );
}

/// A cell of a table must not contain the border.
fn escape(cell: &str) -> String {
    cell.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_honoured_key_has_a_row() {
        let text = text();
        for entry in topics().iter().flat_map(|topic| topic.entries) {
            let row = format!("\n| `{}` | ", entry.key());
            assert_eq!(text.matches(&row).count(), 1, "{}", entry.key());
        }
        assert!(text.contains("did you mean spark.executor.memory?"));
        assert!(text.contains("| `spark.executorEnv.*` |"));
    }

    #[test]
    fn every_row_has_the_cells_of_its_head() {
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let mut head = 0;
        for line in text().lines() {
            match line.starts_with('|') {
                true if head == 0 => head = cells(line),
                true => assert_eq!(cells(line), head, "{line}"),
                false => head = 0,
            }
        }
    }
}
