//! `docs/rdd-api.md`: Spark's RDD API beside ours, with the test that covers each method.
//!
//! A public method says in its docs which method of Spark it is: a line ``Spark: `RDD.map` ``.

use std::fmt::Write as _;

use crate::generated::Generated;
use crate::tidy::Finding;
use crate::workspace::{Source, Workspace};

mod ours;
mod spark;
mod tests_index;

use ours::Method;
use spark::Section;
use tests_index::TestIndex;

const PATH: &str = "docs/rdd-api.md";
const COMMAND: &str = "cargo xtask rdd-api";

const HEAD: &str = "\
<!-- Made by `cargo xtask rdd-api` from the docs and the tests of the code. Not to be edited. -->

# The RDD API, method for method

Spark 4.3.0's API with Scala's names on the left, ours beside it.
A method counts only when its documentation names its counterpart in Spark.
The last column names a test that calls it; `its example` is the example in its documentation, which runs as a test.
";

/// The one file.
pub(crate) fn generate(workspace: &Workspace) -> anyhow::Result<Vec<Generated>> {
    let (methods, tests) = read(workspace)?;
    let text = render(&spark::sections(), &methods, &tests);
    Ok(vec![Generated { path: PATH.to_owned(), text, command: COMMAND }])
}

/// Methods that name a counterpart which Spark does not have, or name none.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Vec<Finding>> {
    let (methods, _) = read(workspace)?;
    let mut findings = unknown_names(&spark::sections(), &methods);
    for source in sources_of_crates(&workspace.sources()?) {
        findings.extend(ours::without_counterpart(source)?);
    }
    Ok(findings)
}

/// A sentence that names the methods which lack an example in their docs, if there are any.
pub(crate) fn without_example(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    let (methods, _) = read(workspace)?;
    let lacking: Vec<String> =
        methods.iter().filter(|method| !method.has_example).map(Method::display_name).collect();
    let sentence =
        || format!("{} methods have no example in their docs: {}", lacking.len(), lacking.join(", "));
    Ok((!lacking.is_empty()).then(sentence))
}

fn read(workspace: &Workspace) -> anyhow::Result<(Vec<Method>, TestIndex)> {
    let sources = workspace.sources()?;
    let mut methods = Vec::new();
    for source in sources_of_crates(&sources) {
        methods.extend(ours::methods(source)?);
    }
    Ok((methods, TestIndex::of(&sources)))
}

/// The sources in which methods can be.
fn sources_of_crates(sources: &[Source]) -> impl Iterator<Item = &Source> {
    let of_a_crate = |source: &&Source| source.path.starts_with("crates/") && source.path.contains("/src/");
    sources.iter().filter(of_a_crate).filter(|source| !source.is_generated() && !source.is_test())
}

fn unknown_names(sections: &[Section], methods: &[Method]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in methods {
        for name in method.spark.iter().filter(|name| spark::is_unknown(sections, name)) {
            let problem = format!(
                "`{}` names Spark's `{name}`, which is not in xtask/data/spark-rdd-api.txt",
                method.display_name()
            );
            findings.push(Finding::file(&method.file, problem));
        }
    }
    findings
}

fn render(sections: &[Section], methods: &[Method], tests: &TestIndex) -> String {
    let all = || sections.iter().flat_map(|section| &section.methods);
    let done = all().filter(|spark| ours_of(methods, spark).next().is_some()).count();
    // Writing to a string cannot fail.
    let mut text = HEAD.to_owned();
    let _infallible = write!(text, "\n{done} of {} methods are there.\n", all().count());
    for section in sections {
        let _infallible =
            write!(text, "\n## {}\n\n| Spark | Hearth | test |\n|---|---|---|\n", section.title);
        for spark in &section.methods {
            let ours: Vec<&Method> = ours_of(methods, spark).collect();
            let (names, test) = match ours.first() {
                None => ("not yet".to_owned(), String::new()),
                Some(_) => (names(&ours), covered_by(spark, &ours, tests)),
            };
            let _infallible = writeln!(text, "| `{spark}` | {names} | {test} |");
        }
    }
    text
}

fn ours_of<'a>(methods: &'a [Method], spark: &'a str) -> impl Iterator<Item = &'a Method> {
    methods.iter().filter(move |method| method.spark.iter().any(|name| name == spark))
}

fn names(methods: &[&Method]) -> String {
    let mut names: Vec<String> = methods.iter().map(|method| method.display_name()).collect();
    names.sort();
    names.dedup();
    format!("`{}`", names.join("`, `"))
}

fn covered_by(spark: &str, ours: &[&Method], tests: &TestIndex) -> String {
    match ours.iter().find_map(|method| tests.find(&method.name, spark)) {
        Some(test) => format!("`{test}`"),
        None if ours.iter().any(|method| method.has_example) => "its example".to_owned(),
        None => "no test yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn rdd() -> Vec<Method> {
        let text = "impl<T> Rdd<T> {\n    /// Maps.\n    ///\n    /// Spark: `RDD.map`\n    pub fn map(&self) {}\n    \
                    /// Like map.\n    ///\n    /// Spark: `RDD.map`\n    pub fn map_with(&self) {}\n    \
                    /// Keeps.\n    ///\n    /// ```\n    /// rdd.filter();\n    /// ```\n    ///\n    \
                    /// Spark: `RDD.filter`\n    pub fn filter(&self) {}\n    /// Spark: `RDD.frob`\n    pub fn frob() {}\n}\n";
        ours::methods(&source("crates/rdd/src/rdd.rs", text)).unwrap()
    }

    #[test]
    fn each_method_of_spark_is_ours_with_its_test_or_not_yet() {
        let sections = spark::read("# A\nRDD.map\nRDD.filter\nRDD.glom\n");
        let tests = source("tests/src/a.rs", "#[test]\nfn squares_are_mapped() {\n    rdd.map(1);\n}\n");
        let text = render(&sections, &rdd(), &TestIndex::of(&[tests]));
        assert!(text.contains("2 of 3 methods are there."), "{text}");
        let map = "| `RDD.map` | `Rdd::map`, `Rdd::map_with` | `tests/src/a.rs: squares_are_mapped` |";
        assert!(text.contains(map), "{text}");
        assert!(text.contains("| `RDD.filter` | `Rdd::filter` | its example |"));
        assert!(text.contains("| `RDD.glom` | not yet |  |"));
    }

    #[test]
    fn a_counterpart_that_spark_does_not_have_is_found() {
        let sections = spark::read("# A\nRDD.map\nRDD.filter\n");
        let findings: Vec<String> =
            unknown_names(&sections, &rdd()).iter().map(ToString::to_string).collect();
        assert_eq!(
            findings,
            [
                "crates/rdd/src/rdd.rs: `Rdd::frob` names Spark's `RDD.frob`, which is not in xtask/data/spark-rdd-api.txt"
            ]
        );
    }
}
