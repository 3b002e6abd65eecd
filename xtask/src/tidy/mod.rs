//! Rules that the compiler does not know. One file per kind of rule; each has a test with a snippet that breaks it.

use anyhow::bail;

use crate::workspace::{Source, Workspace};
use crate::{api, crds, docs, generated, install, protos, rdd_api, say, values};

mod comments;
mod dependencies;
mod manifests;
mod module_docs;
mod mutants;
mod pure;
mod sizes;
mod sleeps;
mod table;
mod unfinished;
mod unread_keys;

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The file, relative to the root; for a dependency, the package.
    pub(crate) place: String,
    /// The line, from 1; 0 is the whole file.
    pub(crate) line: usize,
    /// What is wrong, and what to do.
    pub(crate) problem: String,
}

impl Finding {
    /// About a whole file.
    pub(crate) fn file(place: &str, problem: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line: 0, problem: problem.into() }
    }

    /// About one line.
    pub(crate) fn line(place: &str, line: usize, problem: impl Into<String>) -> Self {
        Self { place: place.to_owned(), line, problem: problem.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.place, self.problem),
            line => write!(f, "{}:{line}: {}", self.place, self.problem),
        }
    }
}

/// Checks every rule, prints what breaks them and the largest files.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let sources = workspace.sources()?;
    let mut findings = dependencies::check(&dependencies::Graph::read(workspace)?);
    findings.extend(workspace.manifests()?.iter().flat_map(manifests::check));
    findings.extend(sources.iter().flat_map(check_source));
    findings.extend(unread_keys::check(&sources));
    findings.extend(mutants::check(workspace.root())?);
    findings.extend(generated::check(workspace, &docs::generate()));
    findings.extend(generated::check(workspace, &crds::generate()));
    findings.extend(generated::check(workspace, &api::generate()));
    findings.extend(generated::check(workspace, &values::generate(workspace)?));
    findings.extend(values::check(workspace)?);
    match install::generate(workspace)? {
        Some(file) => findings.extend(generated::check(workspace, &[file])),
        None if std::env::var_os("HEARTH_REQUIRE_HELM").is_some() => bail!("helm is required and not there"),
        None => say("warning: there is no helm, so that deploy/install.yaml is not checked"),
    }
    findings.extend(generated::check(workspace, &protos::generate(workspace)?));
    findings.extend(generated::check(workspace, &rdd_api::generate(workspace)?));
    findings.extend(rdd_api::check(workspace)?);
    say(&sizes::table(&sources));
    for warning in sizes::warnings(&sources).into_iter().chain(rdd_api::without_example(workspace)?) {
        say(&format!("warning: {warning}"));
    }
    findings.sort();
    for finding in &findings {
        say(&format!("tidy: {finding}"));
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("1 rule is broken"),
        count => bail!("{count} rules are broken"),
    }
}

/// The rules about one source file.
fn check_source(source: &Source) -> Vec<Finding> {
    if source.is_generated() || source.is_compile_fail() {
        return Vec::new();
    }
    let rules =
        [module_docs::check, comments::check, pure::check, sizes::check, sleeps::check, unfinished::check];
    rules.iter().flat_map(|rule| rule(source)).collect()
}

#[cfg(test)]
fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
