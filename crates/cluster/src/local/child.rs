//! One child process: started, fed its bootstrap, waited for.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use hearth_types::ExecutorId;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::Program;

/// Where to find the running program when its file was moved or replaced.
const SELF: &str = "/proc/self/exe";

/// Ends a child when sent or dropped by its owner.
pub(super) type Kill = oneshot::Sender<()>;

/// Starts the program. What an executor prints is not the application's output, so it goes to standard error.
pub(super) fn spawn(program: &Program, executor: ExecutorId) -> io::Result<Child> {
    let file = match &program.path {
        Some(path) => path.clone(),
        None => {
            std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from(SELF))
        }
    };
    let output = io::stderr().as_fd().try_clone_to_owned()?;
    let child = Command::new(&file)
        .args(&program.args)
        .envs(program.env.iter().map(|(name, value)| (name, value)))
        .env("HEARTH_ROLE", "executor")
        .stdin(Stdio::piped())
        .stdout(Stdio::from(output))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("start {}: {error}", file.display())))?;
    tracing::info!("executor {executor} is process {}", child.id().unwrap_or_default());
    Ok(child)
}

/// Gives the child its bootstrap, keeps its lifeline, and waits for its end, which is hastened when `kill` says so.
/// Returns the exit code, or 128 + signal.
pub(super) async fn live(mut child: Child, bootstrap: String, mut kill: oneshot::Receiver<()>) -> i32 {
    let mut lifeline = child.stdin.take();
    let feed = async {
        if let Some(pipe) = &mut lifeline {
            let mut line = bootstrap.into_bytes();
            line.push(b'\n');
            // An error says that it ended before it read, and its exit code will say more.
            drop(pipe.write_all(&line).await);
        }
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        ended = child.wait() => Some(ended),
        _ = &mut kill => None,
        () = feed => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => match child.start_kill() {
            Ok(()) => child.wait().await,
            Err(error) => Err(error),
        },
    };
    // Not before: its end would tell the child that the whole application is gone.
    drop(lifeline);
    match ended {
        Ok(status) => exit_code(status),
        Err(error) => {
            tracing::warn!("wait for an executor's process: {error}");
            -1
        }
    }
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// Deletes what it could not delete itself.
pub(super) async fn clean(dir: &Path) {
    match tokio::fs::remove_dir_all(dir).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("delete {}: {error}", dir.display());
        }
        Ok(()) | Err(_) => {}
    }
}
