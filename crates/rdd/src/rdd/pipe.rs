//! Records through a program of the system. Spark: `PipedRDD`.

use std::fmt::Display;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use hearth_storage::Data;
use hearth_types::{ExceptionKind, TaskEndReason};

use super::{Rdd, origin};
use crate::failure::{OrThrow, throw};

impl<T: Data + Display> Rdd<T> {
    /// The lines that a program prints when it reads the records of a partition as lines. The first word is the program;
    /// no shell looks at the others. An exit status other than 0 fails the task.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([3, 1, 2], 1).pipe(["sort", "-n"]).collect()?, ["1", "2", "3"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.pipe`
    #[track_caller]
    pub fn pipe<W: Into<String>>(&self, command: impl IntoIterator<Item = W>) -> Rdd<String> {
        let command: Vec<String> = command.into_iter().map(Into::into).collect();
        let at = origin("pipe");
        if command.is_empty() {
            return self.invalid(at, "needs a program to run");
        }
        self.narrow(at, command, |command, _, records| {
            // The writer runs beside the task, so the lines are made before: an iterator of records stays on its thread.
            let lines: Vec<String> = records.map(|record| record.to_string()).collect();
            Piped::start(command, lines)
        })
    }
}

/// A running program and its lines.
struct Piped {
    command: String,
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    writer: Option<JoinHandle<std::io::Result<()>>>,
    ended: bool,
}

impl Piped {
    fn start(command: &[String], input: Vec<String>) -> Self {
        let text = command.join(" ");
        let spawned = Command::new(&command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => fail(format!("Cannot run program \"{}\": {error}", command[0])),
        };
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            fail(format!("no pipes to program \"{text}\""));
        };
        let writer = std::thread::Builder::new().name("stdin of a pipe".to_owned()).spawn(move || {
            let mut to = BufWriter::new(stdin);
            input.iter().try_for_each(|line| writeln!(to, "{line}"))?;
            to.flush()
        });
        let writer = Some(writer.or_throw());
        Self { command: text, child, lines: BufReader::new(stdout).lines(), writer, ended: false }
    }

    /// Spark: a program that does not read all of its input is fine, one that fails is not.
    fn end(&mut self) {
        self.ended = true;
        if let Some(writer) = self.writer.take() {
            match writer.join() {
                Ok(Ok(())) | Err(_) => {}
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                Ok(Err(error)) => fail(format!("write to the program \"{}\": {error}", self.command)),
            }
        }
        let status = self.child.wait().or_throw();
        if !status.success() {
            let code = status.code().map_or_else(|| status.to_string(), |code| code.to_string());
            fail(format!("Subprocess exited with status {code}. Command ran: {}", self.command));
        }
    }
}

fn fail(message: String) -> ! {
    throw(TaskEndReason::ExceptionFailure { kind: ExceptionKind::User, message, backtrace: String::new() })
}

impl Iterator for Piped {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        match self.lines.next() {
            Some(line) => Some(line.or_throw()),
            None => {
                self.end();
                None
            }
        }
    }
}

/// A task that ends early takes its program with it.
impl Drop for Piped {
    fn drop(&mut self) {
        if !self.ended {
            // Both fail only when the program has ended already.
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
