//! A configuration key that is documented as honoured is read by somebody, for else it would do nothing silently.

use super::Finding;
use crate::code::find_word;
use crate::workspace::Source;

/// Where the keys are declared.
const ENTRIES: &str = "crates/conf/src/entries/";

/// Keys of which only one value is allowed, so that there is nothing to read.
const ONE_VALUE: [&str; 1] = ["spark.task.cpus"];

/// Every entry is named, or its key written out, outside of the declarations, or is what another entry falls back to.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let (declarations, others): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .filter(|source| {
            source.path.starts_with("crates/") && source.path.contains("/src/") && !source.is_test()
        })
        .partition(|source| source.path.starts_with(ENTRIES));
    let mut findings = Vec::new();
    for source in &declarations {
        for (name, key) in entries(&source.text).filter(|(_, key)| !ONE_VALUE.contains(key)) {
            let fallback = format!("like {name},");
            let literal = format!("\"{key}\"");
            let is_read = declarations.iter().any(|source| source.text.contains(&fallback))
                || others.iter().any(|source| reads(source, name, &literal));
            if !is_read {
                let problem = format!("`{key}` is declared but never read; read it or remove it");
                findings.push(Finding::file(&source.path, problem));
            }
        }
    }
    findings
}

fn reads(source: &Source, name: &str, literal: &str) -> bool {
    let by_name = find_word(&source.text, name).next().is_some();
    // In the crate itself the keys are also written out in lists.
    by_name || (!source.path.starts_with("crates/conf/") && source.text.contains(literal))
}

/// The name and key of each entry.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n    pub ").skip(1).filter_map(|entry| {
        let (name, rest) = entry.split_once(':')?;
        Some((name, rest.split('"').nth(1)?))
    })
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn found(reader: &str) -> Vec<String> {
        let entries = "spark_conf! {\n    /// A.\n    pub FIRST: u32 = \"spark.first\", from(1), default \"4\";\n\n    \
                       /// B.\n    pub SECOND: Option<u32> =\n        \"spark.second\", from(1), like THIRD, since;\n\n    \
                       /// C.\n    pub THIRD: u32 = \"spark.third\", from(1), default \"4\";\n}\n";
        let list = source("crates/conf/src/spark_keys.rs", "[\"spark.first\", \"spark.second\"]");
        let sources =
            [source("crates/conf/src/entries/a.rs", entries), list, source("crates/driver/src/a.rs", reader)];
        check(&sources).into_iter().map(|finding| finding.problem).collect()
    }

    #[test]
    fn a_key_that_nobody_reads_is_found() {
        let first = "`spark.first` is declared but never read; read it or remove it";
        let second = "`spark.second` is declared but never read; read it or remove it";
        assert_eq!(found("FIRST_OF_ALL"), [first, second]);
        assert_eq!(found("conf.get_entry(&a::FIRST)"), [second]);
    }

    #[test]
    fn a_key_is_read_by_its_entry_or_by_its_name_or_as_a_fallback() {
        assert_eq!(found("conf.get_entry(&a::FIRST); conf.get(\"spark.second\")"), [""; 0]);
    }
}
