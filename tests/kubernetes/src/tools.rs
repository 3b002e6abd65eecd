//! `kubectl`, `helm` and other commands, started as a user starts them.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::{Cluster, image};

/// What a command wrote, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit status; none after a signal.
    pub status: Option<i32>,
}

impl Output {
    /// Standard output of a command that succeeded.
    ///
    /// # Errors
    /// Another exit status, with what the command wrote.
    pub fn success(self) -> anyhow::Result<String> {
        if self.status == Some(0) {
            return Ok(self.stdout);
        }
        bail!("exit status {:?}\n{}{}", self.status, self.stdout, self.stderr)
    }
}

/// `kubectl` for this cluster.
pub fn kubectl(cluster: &Cluster) -> Command {
    tool(cluster, "kubectl")
}

/// `helm` for this cluster.
pub fn helm(cluster: &Cluster) -> Command {
    tool(cluster, "helm")
}

/// `hearth` of this build, for this cluster.
///
/// # Errors
/// It is not built.
pub fn hearth(cluster: &Cluster) -> anyhow::Result<Command> {
    let mut command = Command::new(image::binaries()?.join("hearth"));
    command.env("KUBECONFIG", &cluster.kubeconfig);
    Ok(command)
}

/// The own cluster brings its tools; for another one they are in the path.
fn tool(cluster: &Cluster, name: &str) -> Command {
    let own = cluster.tools.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
    let mut command = Command::new(own.unwrap_or_else(|| PathBuf::from(name)));
    command.env("KUBECONFIG", &cluster.kubeconfig);
    command
}

/// Runs a command to its end, with `input` as standard input.
///
/// # Errors
/// The command cannot be started.
pub fn run(mut command: Command, input: &str) -> anyhow::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start {}", show(&command)))?;
    // A command that ends without reading closes the pipe; its exit status says whether that was right.
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
    drop(written);
    let output = child.wait_with_output().with_context(|| format!("wait for {}", show(&command)))?;
    Ok(Output {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code(),
    })
}

/// The command as it would be typed.
pub(crate) fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
