//! A program as the first process of a container. Needs root, to make one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "says when it cannot test")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hearth_tests::wait_until;
use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a process namespace of its own.
struct Container {
    /// `unshare`, which ends as the first process does.
    child: Child,
    dir: TempDir,
}

impl Container {
    /// `None` where there cannot be one.
    fn start(arguments: &[&str]) -> Option<Self> {
        if !getuid().is_root() {
            eprintln!("not tested: only root can start a program as the first process of a namespace");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let arguments =
            arguments.iter().map(|argument| argument.replace("DIR", dir.path().to_str().unwrap()));
        let child = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "--mount-proc", env!("CARGO_BIN_EXE_scenario")])
            .args(arguments)
            .env("SPARK_LOCAL_DIRS", dir.path())
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self { child, dir })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The first process, and the program.
    fn processes(&self) -> (u32, u32) {
        let mut first = None;
        wait_until(PATIENCE, "the program to start", || {
            first = children(self.child.id()).first().copied().filter(|first| !children(*first).is_empty());
            first.is_some()
        });
        let first = first.unwrap();
        (first, children(first)[0])
    }

    fn end(&mut self) -> i32 {
        let status = self.child.wait().unwrap();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn children(process: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    text.split_whitespace().map(|id| id.parse().unwrap()).collect()
}

fn signal(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process.cast_signed()).unwrap(), signal).unwrap();
}

fn wait_for_file(path: &Path) {
    wait_until(PATIENCE, &path.display().to_string(), || path.exists());
}

#[test]
fn it_ends_with_the_programs_status() {
    let Some(mut container) = Container::start(&["exit", "7"]) else { return };
    assert_eq!(container.end(), 7);
}

#[test]
fn a_signal_reaches_the_program_which_stops_as_it_would_anywhere() {
    let Some(mut container) = Container::start(&["wait", "DIR"]) else { return };
    wait_for_file(&container.path("0"));
    let (first, _) = container.processes();
    signal(first, Signal::TERM);
    assert_eq!(container.end(), 143);
}

#[test]
fn a_program_that_is_killed_is_told_of_as_a_shell_does() {
    let Some(mut container) = Container::start(&["wait", "DIR"]) else { return };
    wait_for_file(&container.path("0"));
    let (_, program) = container.processes();
    signal(program, Signal::KILL);
    assert_eq!(container.end(), 137);
}

#[test]
fn orphans_are_reaped_and_little_memory_is_taken() {
    let Some(container) = Container::start(&["orphan", "DIR"]) else { return };
    wait_for_file(&container.path("orphan"));
    let (first, program) = container.processes();
    wait_until(PATIENCE, "the orphan to be reaped", || children(first) == [program]);
    let status = fs::read_to_string(format!("/proc/{first}/status")).unwrap();
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    let kib: u32 = own.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    // In a debug build too; most of it is shared with the program.
    assert!(kib < 8 << 10, "{kib} KiB");
}
