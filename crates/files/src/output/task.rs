//! What one task attempt writes.

use std::io::{self, Write};

use super::sink::Sink;
use super::{OutputJob, names};
use crate::error::{Error, Result};
use crate::store::Location;

/// The file of one task attempt. Dropped without a commit it takes its file with it.
#[derive(Debug)]
pub struct TaskOutput {
    job: OutputJob,
    dir: Location,
    partition: u32,
    /// The attempt's own file.
    attempt: Location,
    state: State,
}

#[derive(Debug)]
enum State {
    Writing(Box<Sink>),
    /// The attempt's file is complete and this long.
    Closed(u64),
    /// The partition's file is this attempt's.
    Committed(u64),
    /// The file could not be closed; there is none.
    Failed,
}

impl TaskOutput {
    /// Opens the attempt's file. `attempt` is the task id: unique among all attempts at this partition.
    ///
    /// # Errors
    /// `JobNotOpen` when the job has ended, and those of the store.
    pub fn open(job: &OutputJob, partition: u32, attempt: u64) -> Result<Self> {
        let dir = Location::parse(job.dir())?;
        if !job.is_open(&dir)? {
            return Err(job.not_open());
        }
        let attempt = names::task_attempt(&dir, job.id(), partition, attempt);
        let sink = Sink::new(attempt.create()?, job.codec())
            .map_err(|error| Error::from_io("create", &attempt.uri(), error))?;
        Ok(Self { job: job.clone(), dir, partition, attempt, state: State::Writing(Box::new(sink)) })
    }

    /// Ends the file: compresses the rest and hands it to the store. To be called before asking for the
    /// permission to commit, so that what can fail has failed before. Further calls do nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn close(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Writing(sink) => {
                let upload = sink.finish().map_err(|error| self.explain(error))?;
                self.state = State::Closed(upload.finish()?);
                Ok(())
            }
            State::Failed => Err(self.lost()),
            state @ (State::Closed(_) | State::Committed(_)) => {
                self.state = state;
                Ok(())
            }
        }
    }

    /// Makes this attempt the partition's: only after the output commit coordinator allowed it.
    /// Closes the file if that was not done. May be repeated.
    ///
    /// # Errors
    /// `JobNotOpen` when the job has ended, and those of the store.
    pub fn commit(&mut self) -> Result<()> {
        self.close()?;
        let State::Closed(written) = self.state else { return Ok(()) };
        if !self.job.is_open(&self.dir)? {
            return Err(self.job.not_open());
        }
        self.attempt.rename_file(&names::committed_task(&self.dir, self.job.id(), self.partition))?;
        self.state = State::Committed(written);
        Ok(())
    }

    /// Removes the attempt's file. The same happens on drop, without telling of errors.
    /// What was committed stays.
    ///
    /// # Errors
    /// Those of the store.
    pub fn abort(mut self) -> Result<()> {
        self.discard()
    }

    /// Bytes handed to the store so far, after compression.
    pub fn bytes_written(&self) -> u64 {
        match &self.state {
            State::Writing(sink) => sink.written(),
            State::Closed(written) | State::Committed(written) => *written,
            State::Failed => 0,
        }
    }

    fn explain(&self, error: io::Error) -> Error {
        Error::from_io("write", &self.attempt.uri(), error)
    }

    fn lost(&self) -> Error {
        Error::io("write", self.attempt.uri(), io::Error::other("an earlier write to it failed"))
    }

    fn discard(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Failed) {
            state @ State::Committed(_) => {
                self.state = state;
                Ok(())
            }
            State::Failed => Ok(()),
            // Dropping an unfinished upload removes what it has written.
            State::Writing(_) => Ok(()),
            State::Closed(_) => self.attempt.delete_file(),
        }
    }
}

impl Write for TaskOutput {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Writing(sink) => sink.write(data),
            State::Closed(_) | State::Committed(_) => Err(io::Error::other("the part file is closed")),
            State::Failed => Err(self.lost().into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for TaskOutput {
    fn drop(&mut self) {
        if let Err(error) = self.discard() {
            tracing::debug!(path = %self.attempt.uri(), error = %error.report(), "attempt's file stays until the job ends");
        }
    }
}
