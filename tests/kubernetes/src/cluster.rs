//! The cluster that the tests of this process use: found, or started.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, bail, ensure};

use crate::{image, tools};

/// A Kubernetes with the operator.
#[derive(Debug)]
pub struct Cluster {
    /// How to reach it.
    pub kubeconfig: PathBuf,
    /// The image with Hearth and the examples, which every node has or can pull.
    pub image: String,
    /// Where the own cluster's `kubectl` and `helm` are.
    pub(crate) tools: Option<PathBuf>,
    /// Ends the cluster when this process ends, as its standard input ends then.
    _guard: Option<Child>,
}

/// The root of the checkout.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap()
}

impl Cluster {
    /// The cluster with the operator installed, made ready by the first test that asks; none where none can be had.
    ///
    /// # Panics
    /// When one should be there and is not.
    pub fn get() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        if std::env::var_os("HEARTH_CLUSTER_TESTS").is_some_and(|value| value == "off") {
            return None;
        }
        CLUSTER
            .get_or_init(|| match Self::find() {
                Ok(cluster) => {
                    cluster.install(&[]).unwrap_or_else(|error| panic!("install the operator: {error:#}"));
                    Some(cluster)
                }
                Err(error) if std::env::var_os("HEARTH_REQUIRE_CLUSTER").is_some() => {
                    panic!("no cluster: {error:#}")
                }
                Err(error) => {
                    say(&format!("cluster tests are SKIPPED: {error:#}"));
                    None
                }
            })
            .as_ref()
    }

    fn find() -> anyhow::Result<Self> {
        if let (Some(kubeconfig), Some(image)) =
            (std::env::var_os("KUBECONFIG"), std::env::var_os("HEARTH_TEST_IMAGE"))
        {
            let image = image.into_string().ok().context("HEARTH_TEST_IMAGE is not text")?;
            return Ok(Self { kubeconfig: kubeconfig.into(), image, tools: None, _guard: None });
        }
        let state = state();
        let kubeconfig = state.join("admin.kubeconfig");
        let guard = if answers(&state) { None } else { start()? };
        let image = image::load()?;
        Ok(Self { kubeconfig, image, tools: Some(state.join("bin")), _guard: guard })
    }

    /// A node of the own cluster dies.
    ///
    /// # Errors
    /// It is not the own cluster, or the command fails.
    pub fn kill_node(&self, node: &str) -> anyhow::Result<()> {
        self.own(&["kill", node])
    }

    /// A node that died comes back, empty.
    ///
    /// # Errors
    /// It is not the own cluster, or the command fails.
    pub fn revive_node(&self, node: &str) -> anyhow::Result<()> {
        self.own(&["revive", node])
    }

    /// The API server dies, and is there again when this returns.
    ///
    /// # Errors
    /// It is not the own cluster, or the command fails.
    pub fn crash_api_server(&self) -> anyhow::Result<()> {
        self.own(&["crash-api-server"])
    }

    /// Whether nodes can be killed here.
    pub fn is_own(&self) -> bool {
        self.tools.is_some()
    }

    fn own(&self, arguments: &[&str]) -> anyhow::Result<()> {
        ensure!(self.is_own(), "not the tests' own cluster");
        script(arguments)
    }
}

/// Runs `tests/cluster/cluster`.
pub(crate) fn script(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(workspace().join("tests/cluster/cluster"));
    command.args(arguments);
    let shown = tools::show(&command);
    tools::run(command, "")?.success().context(shown)?;
    Ok(())
}

pub(crate) fn state() -> PathBuf {
    std::env::var_os("STATE").map_or_else(|| PathBuf::from("/tmp/hearth-cluster"), PathBuf::from)
}

/// Whether a cluster that was started earlier runs.
fn answers(state: &Path) -> bool {
    let kubeconfig = state.join("admin.kubeconfig");
    if !kubeconfig.exists() {
        return false;
    }
    let mut command = Command::new(state.join("bin/kubectl"));
    command.arg("--kubeconfig").arg(kubeconfig).args(["get", "--raw", "/readyz"]);
    tools::run(command, "").is_ok_and(|output| output.status == Some(0))
}

/// Starts a cluster of two nodes.
fn start() -> anyhow::Result<Option<Child>> {
    if !cfg!(target_os = "linux") || !is_root() {
        bail!(
            "a test cluster needs Linux and root. Run the tests as root, or set KUBECONFIG and HEARTH_TEST_IMAGE \
             to use a cluster that exists"
        );
    }
    if std::env::var_os("HEARTH_KEEP_CLUSTER").is_some() {
        script(&["up", "2"])?;
        return Ok(None);
    }
    let mut command = Command::new(workspace().join("tests/cluster/cluster"));
    command.args(["guard", "2"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut guard = command.spawn().context("start tests/cluster/cluster")?;
    // It writes the path of the kubeconfig when the cluster is up.
    let mut line = String::new();
    let stdout = guard.stdout.take().context("its output")?;
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
    ensure!(!line.is_empty(), "tests/cluster/cluster could not start a cluster");
    Ok(Some(guard))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

/// Writes to the terminal, also from tests whose output is captured.
pub(crate) fn say(line: &str) {
    let written = writeln!(std::io::stderr(), "{line}");
    drop(written);
}
