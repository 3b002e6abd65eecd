//! Records through a program of the system. Spark: `PipedRDD`.
//!
//! Spark computes the input on a thread of its own; ours stays on the task's thread, which feeds the program when there
//! is no line to give on. Neither side is held as a whole.

mod program;

use std::fmt::Display;
use std::io::{self, Write};

use hearth_storage::Data;
use hearth_types::{ExceptionKind, TaskEndReason};

use self::program::{Output, Program};
use super::{Rdd, origin};
use crate::failure::throw;
use crate::node::Records;
use crate::task::TaskContext;

/// About so many bytes of input are made at a time.
const INPUT: usize = 64 << 10;

impl<T: Data + Display> Rdd<T> {
    /// The lines that a program prints when it reads the records of a partition as lines. The first word is the program;
    /// no shell looks at the others. An exit status other than 0 fails the task.
    ///
    /// The program runs as long as its task: one that is cancelled kills it, with all that it started.
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
        self.narrow(at, command, |command, _, records| Piped::start(command, records))
    }
}

/// A running program between the records that it reads and the lines that it prints.
struct Piped<T> {
    command: String,
    program: Program,
    input: Input<T>,
    task: TaskContext,
    has_ended: bool,
}

impl<T: Display> Piped<T> {
    fn start(command: &[String], records: Records<T>) -> Self {
        let program = Program::start(command)
            .unwrap_or_else(|error| fail(format!("Cannot run program \"{}\": {error}", command[0])));
        Self {
            command: command.join(" "),
            program,
            input: Input { records, text: Vec::with_capacity(INPUT), written: 0 },
            task: TaskContext::current("run a program"),
            has_ended: false,
        }
    }

    /// The next line, or none when the program has ended, and well.
    fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            self.task.check_interrupted();
            let output = self.program.read()?;
            if let Output::Line(line) = output {
                return Ok(Some(line));
            }
            self.input.feed(&mut self.program)?;
            let has_output = !matches!(output, Output::End);
            if !has_output && !self.program.takes_input() {
                break;
            }
            self.program.ready(has_output)?;
        }
        let status = self.program.wait(|| self.task.check_interrupted())?;
        if !status.success() {
            let code = status.code().map_or_else(|| status.to_string(), |code| code.to_string());
            fail(format!("Subprocess exited with status {code}. Command ran: {}", self.command));
        }
        Ok(None)
    }
}

impl<T: Display> Iterator for Piped<T> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.has_ended {
            return None;
        }
        let line =
            self.line().unwrap_or_else(|error| fail(format!("the program \"{}\": {error}", self.command)));
        self.has_ended = line.is_none();
        line
    }
}

/// The records as the program reads them.
struct Input<T> {
    records: Records<T>,
    /// Made, and from `written` on not taken yet.
    text: Vec<u8>,
    written: usize,
}

impl<T: Display> Input<T> {
    /// Gives the program what it takes now. Spark: one that does not read all of its input is fine.
    fn feed(&mut self, program: &mut Program) -> io::Result<()> {
        while program.takes_input() {
            if self.written == self.text.len() {
                self.make()?;
                if self.text.is_empty() {
                    program.close_input();
                    break;
                }
            }
            match program.write(&self.text[self.written..])? {
                0 => break,
                written => self.written += written,
            }
        }
        Ok(())
    }

    fn make(&mut self) -> io::Result<()> {
        self.text.clear();
        self.written = 0;
        for record in self.records.by_ref() {
            writeln!(self.text, "{record}")?;
            if self.text.len() >= INPUT {
                break;
            }
        }
        Ok(())
    }
}

fn fail(message: String) -> ! {
    throw(TaskEndReason::ExceptionFailure { kind: ExceptionKind::User, message, backtrace: String::new() })
}
