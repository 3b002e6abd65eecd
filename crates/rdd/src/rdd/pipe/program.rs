//! A program of the system with its ends of two pipes, neither of which ever blocks.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{ioctl_fionbio, retry_on_intr};
use rustix::process::{Pid, Signal, getppid, kill_process_group, set_parent_process_death_signal};

/// How soon whoever waits for a program looks around.
const LOOK: Duration = Duration::from_millis(50);

/// A running program. Killed with all that it started when it is dropped before `wait` has seen its end.
pub(super) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// What came of the line that is not complete.
    line: Vec<u8>,
    has_ended: bool,
}

/// What came from a program.
pub(super) enum Output {
    Line(String),
    /// Nothing yet.
    Later,
    End,
}

impl Program {
    pub(super) fn start(command: &[String]) -> io::Result<Self> {
        let mut program = Command::new(&command[0]);
        program.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        end_with_parent(&mut program);
        let mut child = program.spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        let program = Self {
            child,
            stdin: Some(stdin),
            stdout: BufReader::with_capacity(64 << 10, stdout),
            line: Vec::new(),
            has_ended: false,
        };
        if let Some(stdin) = &program.stdin {
            ioctl_fionbio(stdin, true)?;
        }
        ioctl_fionbio(program.stdout.get_ref(), true)?;
        Ok(program)
    }

    /// Whether it still takes input.
    pub(super) fn takes_input(&self) -> bool {
        self.stdin.is_some()
    }

    /// Writes what it takes now, and says how much that was. A program that closes its input wants no more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stdin) = &mut self.stdin else { return Ok(0) };
        match stdin.write(bytes) {
            Ok(written) => Ok(written),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.stdin = None;
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// The next line, if it has come.
    pub(super) fn read(&mut self) -> io::Result<Output> {
        match self.stdout.read_until(b'\n', &mut self.line) {
            Ok(0) if self.line.is_empty() => Ok(Output::End),
            Ok(_) => {
                let mut line = std::mem::take(&mut self.line);
                if line.pop_if(|last| *last == b'\n').is_some() {
                    line.pop_if(|last| *last == b'\r');
                }
                String::from_utf8(line)
                    .map(Output::Line)
                    .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Output::Later),
            Err(error) => Err(error),
        }
    }

    /// Waits a short while for it to take input, or to give output if there still is some.
    pub(super) fn ready(&self, has_output: bool) -> io::Result<()> {
        // Whoever looks at an output that has ended is told so at once, again and again.
        let stdout = has_output.then(|| PollFd::new(self.stdout.get_ref(), PollFlags::IN));
        let stdin = self.stdin.as_ref().map(|stdin| PollFd::new(stdin, PollFlags::OUT));
        let mut ends: Vec<PollFd<'_>> = stdout.into_iter().chain(stdin).collect();
        let wait = Timespec::try_from(LOOK).ok();
        retry_on_intr(|| poll(&mut ends, wait.as_ref()))?;
        Ok(())
    }

    /// Waits for its end; calls `look` every now and then.
    pub(super) fn wait(&mut self, look: impl Fn()) -> io::Result<ExitStatus> {
        let mut pause = Duration::from_micros(100);
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                return Ok(status);
            }
            look();
            std::thread::sleep(pause);
            pause = (pause * 2).min(LOOK);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Both fail only when it has ended already.
        if let Some(Err(error)) = pid(self.child.id()).map(|group| kill_process_group(group, Signal::KILL)) {
            tracing::debug!(%error, "a program had ended before it was killed");
        }
        drop(self.child.wait());
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Has the kernel kill the program when the thread that starts it ends, be it with the process and `kill -9`.
fn end_with_parent(command: &mut Command) {
    let parent = pid(std::process::id());
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have ended before it was asked for.
        if getppid() == parent { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec a process may only do what is safe in a signal handler. This makes two system calls
    // and compares two numbers; it takes no lock, and neither it nor its errors allocate.
    #[expect(unsafe_code, reason = "only the new process itself can ask for the signal")]
    unsafe {
        command.pre_exec(ask);
    }
}
