//! The driver as a child process: how it is started, how signals reach it, how it ends.
//!
//! Spark in client mode runs the driver in its own process.
//! Ours is a child, so that somebody is left to clean up when it is killed.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use hearth_crd::Manifest;
use indexmap::IndexMap;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use super::app_dir::AppDir;
use super::program;
use crate::args::{LogFormat, LogLevel};
use crate::error::Error;

/// How long the driver may take to cancel its jobs and stop its executors after a signal, so that the whole
/// ends within two seconds.
const GRACE: Duration = Duration::from_millis(1800);

/// What the driver is started with.
pub(super) struct Driver {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// The variables that the manifest gives the driver.
    pub(super) env: IndexMap<String, String>,
    pub(super) log_level: Option<LogLevel>,
    pub(super) log_format: LogFormat,
}

impl Driver {
    /// Runs the driver to its end, and returns the exit status of the command.
    pub(super) async fn run(
        &self,
        app_dir: &AppDir,
        mut signals: Signals,
        manifest: &Manifest<'_>,
    ) -> Result<u8, Error> {
        let mut child = self.command(app_dir).spawn().map_err(|cause| {
            program::error(manifest, format!("{} cannot be started: {cause}", self.program.display()))
        })?;
        tracing::info!(
            pid = child.id(),
            program = %self.program.display(),
            directory = %app_dir.path().display(),
            "started the driver"
        );
        let status = tokio::select! {
            biased;
            signal = signals.next() => {
                stop(&mut child).await?;
                128 + signal
            }
            ended = child.wait() => exit_status(ended.map_err(|source| Error::Wait { source })?),
        };
        tracing::info!(status, "the driver ended");
        Ok(status)
    }

    fn command(&self, app_dir: &AppDir) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(&self.env)
            .env("HEARTH_CONF_FILE", app_dir.conf_file())
            .env("HEARTH_APP_DIR", app_dir.path())
            .env("HEARTH_LAUNCHER_PID", std::process::id().to_string())
            .env("HEARTH_LOG_FORMAT", self.log_format.as_str());
        if let Some(level) = self.log_level {
            command.env("HEARTH_LOG_LEVEL", level.as_str()).env("RUST_LOG", level.as_str());
        }
        command
    }
}

/// Interrupts the driver, gives it time to end well, and kills it if it does not.
///
/// Further signals change nothing: programs such as `timeout` send one to the process and one to its group.
async fn stop(child: &mut Child) -> Result<(), Error> {
    interrupt(child);
    if timeout(GRACE, child.wait()).await.is_ok() {
        return Ok(());
    }
    tracing::warn!("the driver did not end after the interrupt, so it is killed");
    child.kill().await.map_err(|source| Error::Wait { source })
}

/// Sends SIGINT. On a terminal the driver has its own already, and a second one is harmless.
fn interrupt(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(cause) = kill_process(pid, Signal::INT)
    {
        tracing::debug!("interrupt the driver: {cause}");
    }
}

/// The status as a shell has it.
fn exit_status(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

/// The signals that end the application.
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Takes the signals over from their default, which would leave the driver alone.
    pub(super) fn listen() -> Result<Self, Error> {
        let listen = |kind| signal(kind).map_err(|source| Error::Signals { source });
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            // Started with `nohup`, the application is meant to outlive the terminal.
            hang_up: if ignores_hang_up() { None } else { Some(listen(SignalKind::hangup())?) },
        })
    }

    /// The number of the next signal.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            () = hang_up(self.hang_up.as_mut()) => 1,
        }
    }
}

async fn hang_up(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this process was started with SIGHUP ignored, which Linux tells as a mask of signals.
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1)
}
