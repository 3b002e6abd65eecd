//! Which test calls which method, by the name of the method.
//!
//! Only tests that speak of an RDD or its context count, because `map` or `count` of an iterator looks the same.

use crate::code::{Code, find_word};
use crate::workspace::Source;

/// Folders whose tests are about the RDD API, and those about `SparkConf`.
const RDD_FOLDERS: [&str; 3] = ["tests/", "crates/hearth/", "crates/rdd/"];
const CONF_FOLDERS: [&str; 1] = ["crates/conf/"];

/// Words of which a test that uses RDDs has at least one.
const RDD_WORDS: [&str; 4] = ["sc", "rdd", "SparkContext", "context"];

/// The bodies of all tests.
#[derive(Clone, Debug, Default)]
pub(super) struct TestIndex {
    tests: Vec<Test>,
}

#[derive(Clone, Debug)]
struct Test {
    file: String,
    name: String,
    body: String,
    uses_rdds: bool,
}

impl TestIndex {
    /// The tests in `sources`, in their order.
    pub(super) fn of(sources: &[Source]) -> Self {
        Self { tests: sources.iter().flat_map(tests_of).collect() }
    }

    /// The test that shows `method`, which is Spark's `spark`: one named after it, else the first that calls it.
    pub(super) fn find(&self, method: &str, spark: &str) -> Option<String> {
        let about_conf = spark.starts_with("SparkConf.");
        let folders = if about_conf { &CONF_FOLDERS[..] } else { &RDD_FOLDERS[..] };
        let calls = [".", "::"].map(|before| [format!("{before}{method}("), format!("{before}{method}::<")]);
        let mut calling = self.tests.iter().filter(|test| {
            folders.iter().any(|folder| test.file.starts_with(folder))
                && (about_conf || test.uses_rdds)
                && calls.iter().flatten().any(|call| test.body.contains(call))
        });
        let first = calling.clone().next();
        let named = calling.find(|test| test.name.contains(method)).or(first)?;
        Some(format!("{}: {}", named.file, named.name))
    }
}

fn tests_of(source: &Source) -> Vec<Test> {
    let split = Code::of(&source.text);
    let mut tests = Vec::new();
    for attribute in ["#[test]", "#[tokio::test"] {
        for (at, _) in split.code.match_indices(attribute) {
            let end = split.item_end(at);
            let item = &split.code[at..end];
            let Some(function) = find_word(item, "fn").next() else { continue };
            let name: String = item[function + 2..]
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let body = without_breaks(&item[function..]);
            let uses_rdds = RDD_WORDS.iter().any(|word| find_word(&body, word).next().is_some());
            tests.push(Test { file: source.path.clone(), name, body, uses_rdds });
        }
    }
    tests
}

/// Formatting may put a call on a line of its own; its dot stays with it, so only the blanks before `(` matter.
fn without_breaks(body: &str) -> String {
    body.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> TestIndex {
        let source = |path: &str| Source { path: path.to_owned(), text: text.to_owned() };
        TestIndex::of(&[
            source("crates/rpc/src/a.rs"),
            source("crates/conf/src/a.rs"),
            source("tests/src/a.rs"),
        ])
    }

    #[test]
    fn a_test_is_found_by_what_it_calls_and_rather_by_its_name() {
        let index = index(
            "#[test]\nfn a() {\n    rdd\n        .reduce_by_key(f)\n        .count();\n}\n\n\
             #[test]\nfn count_counts() { rdd.count(); }\n\n\
             fn helper() { rdd.glom(); }\n// rdd.top(\n",
        );
        let find = |method: &str| index.find(method, "RDD.x");
        assert_eq!(find("reduce_by_key").as_deref(), Some("tests/src/a.rs: a"));
        assert_eq!(find("count").as_deref(), Some("tests/src/a.rs: count_counts"));
        assert_eq!(find("glom"), None);
        assert_eq!(find("top"), None);
        assert_eq!(find("by_key"), None);
    }

    #[test]
    fn a_test_without_rdds_counts_only_for_the_configuration() {
        let index = index("#[test]\nfn a() { list.map(f).get(1); }\n");
        assert_eq!(index.find("map", "RDD.map"), None);
        assert_eq!(index.find("get", "SparkConf.get").as_deref(), Some("crates/conf/src/a.rs: a"));
    }
}
