//! What one task attempt writes.

use std::io::{self, Write};

use super::sink::Sink;
use super::{OutputJob, names};
use crate::error::{Error, Result};
use crate::store::Location;
use hearth_types::error_chain;

/// Records are collected up to this many bytes before they go to the compressor or the store.
const BUFFER: usize = 64 << 10;

/// The file of one task attempt. Dropped without a commit it takes its file with it.
#[derive(Debug)]
pub struct TaskOutput {
    job: OutputJob,
    dir: Location,
    partition: u32,
    /// The attempt's own file.
    attempt: Location,
    state: State,
    buffer: Vec<u8>,
    /// How long the buffer may become; 0 when nothing may be written any more.
    limit: usize,
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
        Self::create(job, dir, partition, attempt)
    }

    /// Makes the attempt's file, of a job that was open a moment ago.
    pub(super) fn create(job: &OutputJob, dir: Location, partition: u32, attempt: u64) -> Result<Self> {
        let attempt = names::task_attempt(&dir, job.id(), partition, attempt);
        let upload = attempt.create();
        // If the job has ended since, the directories that it removed may be there again.
        if !job.is_open(&dir)? {
            drop(upload);
            OutputJob::remove_empty(&dir);
            return Err(job.not_open());
        }
        let sink = Sink::new(upload?, job.codec())
            .map_err(|error| Error::from_io("create", &attempt.uri(), error))?;
        let state = State::Writing(Box::new(sink));
        Ok(Self { job: job.clone(), dir, partition, attempt, state, buffer: Vec::new(), limit: BUFFER })
    }

    /// Ends the file: compresses the rest and hands it to the store. To be called before asking for the
    /// permission to commit, so that what can fail has failed before. Further calls do nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn close(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Writing(mut sink) => {
                self.limit = 0;
                let rest = std::mem::take(&mut self.buffer);
                sink.write_all(&rest).map_err(|error| self.explain(error))?;
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

impl TaskOutput {
    /// Empties the buffer, and takes `data` into it or past it. After an error there is no file.
    #[cold]
    fn write_slowly(&mut self, data: &[u8]) -> io::Result<()> {
        let sink = match &mut self.state {
            State::Writing(sink) => sink,
            State::Closed(_) | State::Committed(_) => {
                return Err(io::Error::other("the part file is closed"));
            }
            State::Failed => return Err(self.lost().into()),
        };
        let past_the_buffer = data.len() >= self.limit;
        let direct = if past_the_buffer { data } else { &[] };
        if let Err(error) = sink.write_all(&self.buffer).and_then(|()| sink.write_all(direct)) {
            self.state = State::Failed;
            self.limit = 0;
            return Err(error);
        }
        self.buffer.clear();
        if !past_the_buffer {
            self.buffer.reserve_exact(self.limit);
            self.buffer.extend_from_slice(data);
        }
        Ok(())
    }
}

impl Write for TaskOutput {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_all(data).map(|()| data.len())
    }

    #[inline]
    fn write_all(&mut self, data: &[u8]) -> io::Result<()> {
        if self.buffer.len() + data.len() < self.limit {
            self.buffer.extend_from_slice(data);
            return Ok(());
        }
        self.write_slowly(data)
    }

    /// A part file is complete when it is closed, and not before.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for TaskOutput {
    fn drop(&mut self) {
        if let Err(error) = self.discard() {
            tracing::debug!(path = %self.attempt.uri(), error = %error_chain(&error), "attempt's file stays until the job ends");
        }
    }
}
