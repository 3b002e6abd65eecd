//! The thread that hands results and accumulator updates to the program. Spark: the part of `DAGScheduler` that calls
//! a job's `JobListener` and merges accumulators.
//!
//! Spark does it on the scheduler's own loop; here the program's code can be as slow as it likes.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use hearth_scheduler::CancelTarget;
use hearth_status::ConsoleProgress;
use hearth_types::JobId;

use crate::event_loop::Input;
use crate::handle::JobError;

/// Takes the results of one job: (position, result).
pub(crate) type OnResult = Box<dyn FnMut(u32, Bytes) + Send>;
/// Takes one update of one accumulator.
pub(crate) type Merge = Box<dyn FnMut(Bytes) + Send>;
/// How a job ended, for the thread that waits.
pub(crate) type JobDone = (JobId, Result<(), JobError>);

/// One thing to hand over, in the order of the loop.
pub(crate) enum Delivery {
    Begin { job: JobId, sink: JobSink },
    Task { deliver: Option<(JobId, u32)>, result: Option<Bytes>, accumulators: Vec<(u64, Bytes)> },
    Done { job: JobId, outcome: Result<(), JobError> },
    RegisterAccumulator { id: u64, merge: Merge },
    ReleaseAccumulator { id: u64 },
}

/// Where the results of a job go, and who waits for its end.
pub(crate) struct JobSink {
    pub(crate) on_result: OnResult,
    pub(crate) done: Sender<JobDone>,
}

/// Hands over what comes until nobody can send any more; then every job that still waits learns that it is stopped.
pub(crate) fn run(
    deliveries: &Receiver<Vec<Delivery>>,
    inbox: &Sender<Input>,
    progress: Option<&ConsoleProgress>,
) {
    let mut results = Results { jobs: BTreeMap::new(), accumulators: BTreeMap::new(), inbox, progress };
    for batch in deliveries {
        for delivery in batch {
            results.deliver(delivery);
        }
    }
    let jobs = std::mem::take(&mut results.jobs);
    for (job, state) in jobs {
        state.finish(job, Err(JobError::Stopped));
    }
}

struct Results<'a> {
    jobs: BTreeMap<JobId, Job>,
    accumulators: BTreeMap<u64, Merge>,
    inbox: &'a Sender<Input>,
    progress: Option<&'a ConsoleProgress>,
}

struct Job {
    sink: JobSink,
    /// What the program's code said when it panicked over a result.
    broken: Option<String>,
}

impl Results<'_> {
    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Begin { job, sink } => {
                self.jobs.insert(job, Job { sink, broken: None });
            }
            Delivery::Task { deliver, result, accumulators } => {
                for (id, update) in accumulators {
                    self.merge(id, update);
                }
                if let (Some((job, index)), Some(result)) = (deliver, result) {
                    self.result(job, index, result);
                }
            }
            Delivery::Done { job, outcome } => {
                if let Some(progress) = self.progress {
                    progress.finish_all();
                }
                if let Some(state) = self.jobs.remove(&job) {
                    state.finish(job, outcome);
                }
            }
            Delivery::RegisterAccumulator { id, merge } => {
                self.accumulators.insert(id, merge);
            }
            Delivery::ReleaseAccumulator { id } => {
                self.accumulators.remove(&id);
            }
        }
    }

    fn merge(&mut self, id: u64, update: Bytes) {
        let Some(merge) = self.accumulators.get_mut(&id) else {
            return tracing::debug!(id, "an update of an accumulator that is not registered is dropped");
        };
        if std::panic::catch_unwind(AssertUnwindSafe(|| merge(update))).is_err() {
            tracing::error!(id, "an accumulator panicked over an update; the update is lost");
        }
    }

    fn result(&mut self, job: JobId, index: u32, result: Bytes) {
        let Some(state) = self.jobs.get_mut(&job).filter(|state| state.broken.is_none()) else { return };
        let on_result = &mut state.sink.on_result;
        if let Err(panic) = std::panic::catch_unwind(AssertUnwindSafe(|| on_result(index, result))) {
            let message = panic_message(panic.as_ref());
            let reason = format!("the program panicked over a result: {message}");
            state.broken = Some(format!("Job aborted due to stage failure: {reason}"));
            // An error says that the driver stops, which ends the job as well.
            drop(self.inbox.send(Input::Cancel { which: CancelTarget::Job(job), reason }));
        }
    }
}

impl Job {
    /// Drops the program's code before its thread goes on: no call and no capture outlives `run_job`.
    fn finish(self, job: JobId, outcome: Result<(), JobError>) {
        let Self { sink: JobSink { on_result, done }, broken } = self;
        drop(on_result);
        let outcome = match broken {
            Some(message) => Err(JobError::Aborted(message)),
            None => outcome,
        };
        // An error says that nobody waits any more.
        drop(done.send((job, outcome)));
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no message)")
}
