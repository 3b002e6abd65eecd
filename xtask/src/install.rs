//! `deploy/install.yaml`: what the chart renders with its defaults, for those who do not use Helm.
//!
//! Needs the program `helm`, or another by the name in `$HELM`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::generated::Generated;
use crate::workspace::Workspace;

const PATH: &str = "deploy/install.yaml";
const CHART: &str = "charts/hearth";
const NAMESPACE: &str = "hearth";

const HEAD: &str = "\
# Made by `cargo xtask install` from charts/hearth with the chart's defaults. Not to be edited.
# kubectl apply -f deploy/install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: hearth
";

/// The one file; none where there is no Helm.
pub(crate) fn generate(workspace: &Workspace) -> anyhow::Result<Option<Generated>> {
    let Some(rendered) = render(workspace)? else { return Ok(None) };
    let mut text = HEAD.to_owned();
    // As they are in `crds/`: Helm would write them in twice the size.
    for definition in hearth_crd::definitions() {
        text += "---\n";
        text += &definition.to_yaml();
    }
    text += &without_helm(&rendered);
    Ok(Some(Generated { path: PATH.to_owned(), text, command: "cargo xtask install" }))
}

/// The program to call.
fn helm() -> OsString {
    std::env::var_os("HELM").unwrap_or_else(|| "helm".into())
}

fn render(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    let mut command = Command::new(helm());
    command.args(["template", NAMESPACE, CHART, "--namespace", NAMESPACE, "--no-hooks"]);
    command.args(["--set", "crds.install=false"]).current_dir(workspace.root());
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        output => output.context("start helm")?,
    };
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "helm template {CHART}: {complaint}");
    Ok(Some(String::from_utf8(output.stdout).context("read what helm rendered")?))
}

/// What Helm rendered, without what only means something to Helm.
fn without_helm(rendered: &str) -> String {
    let of_helm = ["# Source: ", "helm.sh/", "app.kubernetes.io/managed-by: Helm"];
    let mut lines: Vec<&str> = Vec::new();
    for line in rendered.lines() {
        let words = line.trim_start();
        if words.is_empty() || of_helm.iter().any(|begin| words.starts_with(begin)) {
            continue;
        }
        if lines.last().is_some_and(|last| is_empty_mapping(last, line)) {
            lines.pop();
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

/// Whether `line` is annotations, and none follow.
fn is_empty_mapping(line: &str, next: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    line.trim() == "annotations:" && indent(next) <= indent(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_helm_reads_is_left_out() {
        let rendered = "---\n# Source: a.yaml\nmetadata:\n  labels:\n    helm.sh/chart: a\n    a: b\n  annotations:\n    \
                        helm.sh/resource-policy: keep\n\nspec: {}\n";
        assert_eq!(without_helm(rendered), "---\nmetadata:\n  labels:\n    a: b\nspec: {}\n");
    }
}
