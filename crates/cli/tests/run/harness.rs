//! A folder with a driver script and a manifest, and the ways to run them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) const MANIFEST: &str = "\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: app
spec:
  type: Rust
  sparkVersion: 4.3.0
  mainApplicationFile: driver.sh
  arguments: [one, two words]
  driver:
    cores: 1
    memory: 512m
  executor:
    cores: 2
    instances: 3
    memory: 1g
";

/// One application in a folder of its own.
pub(crate) struct App {
    folder: TempDir,
}

impl App {
    /// An application whose driver runs `script`.
    pub(crate) fn new(script: &str) -> Self {
        let app = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(app.temp_dir()).unwrap();
        app.write("app.yaml", MANIFEST);
        app.install(&format!("#!/bin/sh\n{script}\n"));
        app
    }

    /// Makes this the program. Another process writes it: a child that a test starts meanwhile would keep the file open that
    /// this process writes, and so not executable.
    pub(crate) fn install(&self, program: &str) {
        self.write("program", program);
        let mut install = Command::new("install");
        install.args(["-m", "755", "program", "driver.sh"]).current_dir(self.folder.path());
        assert!(install.status().unwrap().success());
    }

    /// With this part of the manifest replaced.
    pub(crate) fn with(self, from: &str, to: &str) -> Self {
        assert!(MANIFEST.contains(from), "{from}");
        self.write("app.yaml", &MANIFEST.replacen(from, to, 1));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Where application directories come to be.
    pub(crate) fn temp_dir(&self) -> PathBuf {
        self.path("tmp")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hearth();
        command.arg("run").args(arguments).current_dir(self.folder.path()).env("TMPDIR", self.temp_dir());
        command
    }

    /// Runs `hearth run app.yaml …` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let arguments: Vec<&str> = std::iter::once("app.yaml").chain(arguments.iter().copied()).collect();
        Ended::of(self.command(&arguments).output().unwrap())
    }

    /// Starts `hearth run app.yaml` and reads the first line of its stdout.
    pub(crate) fn start(&self) -> Started {
        let mut hearth = self
            .command(&["app.yaml"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(hearth.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Started { hearth, stdout, first_line: line.trim_end().to_owned() }
    }

    /// Fails if an application directory is left.
    pub(crate) fn assert_nothing_left(&self) {
        let left: Vec<_> =
            fs::read_dir(self.temp_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, Vec::<PathBuf>::new());
    }
}

/// The binary, with none of the variables that change what it does.
pub(crate) fn hearth() -> Command {
    hearth_at(Path::new(env!("CARGO_BIN_EXE_hearth")))
}

/// The same for a copy of the binary.
pub(crate) fn hearth_at(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for variable in ["HEARTH_HOME", "HEARTH_LOG_LEVEL", "HEARTH_LOG_FORMAT", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command
}

/// A run that goes on. Its stdin stays open.
pub(crate) struct Started {
    hearth: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) first_line: String,
}

impl Started {
    pub(crate) fn signal(&self, signal: Signal) {
        send(i32::try_from(self.hearth.id()).unwrap(), signal);
    }

    pub(crate) fn write_line(&mut self) {
        self.hearth.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    pub(crate) fn end(mut self) -> Ended {
        let stdin = self.hearth.stdin.take();
        let mut ended = Ended::of(self.hearth.wait_with_output().unwrap());
        drop(stdin);
        std::io::Read::read_to_end(&mut self.stdout, &mut ended.stdout).unwrap();
        ended
    }
}

pub(crate) fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or_else(|| panic!("{output:?}")),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout().lines().collect()
    }

    /// Fails unless the run ended well and said nothing on stderr.
    pub(crate) fn good(self) -> Self {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""));
        self
    }
}
