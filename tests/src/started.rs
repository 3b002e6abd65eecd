//! An application that runs.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::app::App;
use crate::ended::Ended;

/// A run that goes on. Its standard output is read line by line.
#[derive(Debug)]
pub struct Started<'a> {
    app: &'a App,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl<'a> Started<'a> {
    pub(crate) fn new(app: &'a App, mut child: Child) -> Self {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { app, child, stdout }
    }

    /// Waits for the next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let length = self.stdout.read_line(&mut line).unwrap();
        assert!(length > 0, "it ended: {}", self.app.stderr());
        line.trim_end().to_owned()
    }

    /// Waits for this line, and ignores those before.
    pub fn wait_for(&mut self, expected: &str) {
        while self.line() != expected {}
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the process that was started, not to its children.
    pub fn signal(&self, signal: Signal) {
        send(self.id(), signal);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        let status = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        let mut stdout = Vec::new();
        self.stdout.read_to_end(&mut stdout).unwrap();
        Ended { status, stdout, stderr: self.app.stderr() }
    }
}

/// Sends a signal to a process. That it has just ended is as good.
pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    match kill_process(pid, signal) {
        Ok(()) | Err(Errno::SRCH) => {}
        Err(error) => panic!("signal {signal:?} to {pid:?}: {error}"),
    }
}
