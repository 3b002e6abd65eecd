//! The operator in the cluster, by Helm, once for all tests of a process.

use anyhow::Context as _;

use crate::cluster::workspace;
use crate::{Cluster, helm, limits, report, run};

/// Where the operator is.
pub const OPERATOR_NAMESPACE: &str = "hearth";
/// The name of the Helm release.
pub const RELEASE: &str = "hearth";

impl Cluster {
    /// Installs the operator from the chart of this checkout, or upgrades it to this image; with further arguments for Helm.
    ///
    /// # Errors
    /// Helm refuses, or the operator does not become ready.
    pub fn install(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = helm(self);
        command.args(["upgrade", "--install", RELEASE]).arg(workspace().join("charts/hearth"));
        command.args(["--namespace", OPERATOR_NAMESPACE, "--create-namespace", "--wait"]);
        command.arg(format!("--timeout={}s", limits::INSTALL.as_secs()));
        for value in values(&self.image) {
            command.arg("--set-string").arg(value);
        }
        // Definitions that were applied by hand become the release's.
        command.arg("--take-ownership");
        // The tests' own namespaces, beside `default`.
        command.arg("--set-string=spark.jobNamespaceSelector=hearth.dev/test=true").args(arguments);
        let outcome = run(command, "")?.success().context("helm upgrade --install");
        if outcome.is_err() {
            report::operator(self);
        }
        outcome.map(drop)
    }

    /// Removes the operator, and leaves applications as they are.
    ///
    /// # Errors
    /// Helm refuses.
    pub fn uninstall(&self) -> anyhow::Result<()> {
        let mut command = helm(self);
        command.args(["uninstall", RELEASE, "--namespace", OPERATOR_NAMESPACE, "--wait"]);
        run(command, "")?.success().context("helm uninstall")?;
        Ok(())
    }
}

/// `registry/repository:tag` as the chart's three values.
fn values(image: &str) -> [String; 3] {
    let (path, tag) =
        image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image, "latest"));
    let (registry, repository) = path
        .split_once('/')
        .filter(|(first, _)| first.contains(['.', ':']) || *first == "localhost")
        .unwrap_or(("docker.io", path));
    [
        format!("image.registry={registry}"),
        format!("image.repository={repository}"),
        format!("image.tag={tag}"),
    ]
}
