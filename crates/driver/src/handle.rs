//! What a front door (RDD, SQL, PySpark) says to the driver.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use hearth_scheduler::CancelTarget;
use hearth_status::{ExecutorInfo, Listener, StatusStore, StatusTracker};
use hearth_types::{BlockId, BroadcastId, JobId, JobProperties, RddId, ShuffleId, StageGraph, TaskBinaryId};

use crate::blocks::Blocks;
use crate::event_loop::{Farewell, Input, Submission};
use crate::results::JobSink;

/// A job to run.
pub struct JobSubmission {
    /// Stages and lineage. `StageSpec::binary` is the position in `binaries`; the driver gives each its real id.
    pub graph: StageGraph,
    /// The binary of each stage, in the order of `graph.stages()`.
    pub binaries: Vec<Bytes>,
    /// Inputs of single partitions, asked for at launch.
    pub inputs: Arc<dyn TaskInputs>,
    /// Pool, group, description, tags of the submitting thread.
    pub properties: JobProperties,
    /// Called with (position in the result stage's partition list, result) once per partition, on the driver's
    /// result thread, never after `run_job` has returned.
    pub on_result: Box<dyn FnMut(u32, Bytes) + Send>,
}

/// Gives the input of one partition of one stage of a job. Called on the driver's loop: must be quick.
pub trait TaskInputs: Send + Sync {
    /// `stage` is the position in `StageGraph::stages`.
    fn input(&self, stage: usize, partition: u32) -> Bytes;
}

/// Why a job has no result. `Display` is Spark's sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// `Job aborted due to stage failure: …`
    #[error("{0}")]
    Aborted(String),
    /// `Job 3 cancelled …`
    #[error("{0}")]
    Cancelled(String),
    /// The application has stopped.
    #[error("the SparkContext was stopped")]
    Stopped,
}

impl fmt::Debug for JobSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobSubmission").field("graph", &self.graph).finish_non_exhaustive()
    }
}

/// The way into a running driver. Cheap to clone; every method may be called from any thread.
#[derive(Clone)]
pub struct DriverHandle {
    shared: Arc<Shared>,
}

/// What all handles of a driver share.
pub(crate) struct Shared {
    pub(crate) inbox: Sender<Input>,
    pub(crate) store: Arc<StatusStore>,
    pub(crate) blocks: Arc<dyn Blocks>,
    pub(crate) application_id: String,
    /// Ends when the loop has ended.
    pub(crate) running: Receiver<()>,
    next_broadcast: AtomicU64,
    next_binary: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        inbox: Sender<Input>,
        store: Arc<StatusStore>,
        blocks: Arc<dyn Blocks>,
        application_id: String,
        running: Receiver<()>,
    ) -> Self {
        let (next_broadcast, next_binary) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inbox, store, blocks, application_id, running, next_broadcast, next_binary }
    }

    /// A driver that has stopped takes nothing in, and there is nothing left to do then.
    fn send(&self, input: Input) {
        drop(self.inbox.send(input));
    }
}

impl DriverHandle {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// Runs a job and waits for its end.
    pub fn run_job(&self, job: JobSubmission) -> Result<JobId, JobError> {
        let JobSubmission { graph, binaries, inputs, properties, on_result } = job;
        let call_site = properties.call_site.clone();
        let started = Instant::now();
        tracing::info!("Starting job: {call_site}");
        let count = binaries.len() as u64;
        let first = self.shared.next_binary.fetch_add(count, Ordering::Relaxed);
        let graph = renumber(graph, first, count).map_err(JobError::Aborted)?;
        let (done, end) = crossbeam_channel::bounded(1);
        let sink = JobSink { on_result, done };
        let submission = Submission { graph, first_binary: first, binaries, inputs, properties, sink };
        let sent = self.shared.inbox.send(Input::Submit(Box::new(submission)));
        let (job, outcome) = sent.ok().and_then(|()| end.recv().ok()).ok_or(JobError::Stopped)?;
        let took = started.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => {
                tracing::info!("Job {job} finished: {call_site}, took {:.6} s", took);
                Ok(job)
            }
            Err(error) => {
                tracing::info!("Job {job} failed: {call_site}, took {:.6} s", took);
                Err(error)
            }
        }
    }

    /// Gives jobs up.
    pub fn cancel(&self, which: CancelTarget, reason: &str) {
        self.shared.send(Input::Cancel { which, reason: reason.to_owned() });
    }

    /// Keeps a broadcast value where executors can read it as block `BlockId::Broadcast`.
    pub fn add_broadcast(&self, value: Bytes) -> BroadcastId {
        let id = BroadcastId(self.shared.next_broadcast.fetch_add(1, Ordering::Relaxed));
        if let Err(error) = self.shared.blocks.put(BlockId::Broadcast(id), value) {
            tracing::error!("broadcast {id} cannot be kept, so tasks that read it will fail: {error}");
        }
        id
    }

    /// Deletes a block on the executors, and on the driver too when `also_here`.
    pub fn remove_block(&self, block: BlockId, also_here: bool) {
        if also_here {
            self.shared.blocks.remove(block);
        }
        self.shared.send(Input::RemoveBlock { block, also_here });
    }

    /// Deletes the cached partitions of an RDD everywhere. Waits for nothing.
    pub fn unpersist(&self, rdd: RddId) {
        self.shared.send(Input::Unpersist(rdd));
    }

    /// Says that no RDD reads the shuffle any more.
    pub fn release_shuffle(&self, shuffle: ShuffleId) {
        self.shared.send(Input::ReleaseShuffle(shuffle));
    }

    /// Registers where updates of an accumulator go. `merge` is called on the result thread, once per counted task.
    pub fn register_accumulator(&self, id: u64, merge: Box<dyn FnMut(Bytes) + Send>) {
        self.shared.send(Input::RegisterAccumulator { id, merge });
    }

    /// Forgets an accumulator: later updates are dropped.
    pub fn release_accumulator(&self, id: u64) {
        self.shared.send(Input::ReleaseAccumulator { id });
    }

    /// Tells `listener` everything that happens from now on, on the listener thread.
    pub fn add_listener(&self, listener: Box<dyn Listener>) {
        self.shared.send(Input::AddListener(listener));
    }

    /// What runs now, for a program that watches itself.
    pub fn status(&self) -> StatusTracker {
        StatusTracker::new(Arc::clone(&self.shared.store))
    }

    /// Everything that is known about what runs and what ran: for the UI and the REST API.
    pub fn status_store(&self) -> Arc<StatusStore> {
        Arc::clone(&self.shared.store)
    }

    /// Identifies the application.
    pub fn application_id(&self) -> String {
        self.shared.application_id.clone()
    }

    /// The living executors, ascending.
    pub fn executors(&self) -> Vec<ExecutorInfo> {
        self.status().executor_infos()
    }

    /// Slots of all living executors.
    pub fn total_slots(&self) -> u32 {
        self.shared.store.executors(false).iter().map(|executor| executor.cores).fold(0, u32::saturating_add)
    }

    /// Whether the application has ended.
    pub fn is_stopped(&self) -> bool {
        self.shared.running.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Ends the application: gives jobs up, finishes the event log, stops the executors, deletes temporary files.
    ///
    /// Every job that waits ends with `JobError::Stopped`. Takes at most about two seconds; further calls do nothing.
    pub fn stop(&self) {
        self.end(Farewell::ForGood);
    }

    /// As `stop`, but the executors are left to the driver that comes next, where there will be one: the process was asked to
    /// go, and the application may not be over.
    pub fn leave(&self) {
        self.end(Farewell::TakenAway);
    }

    fn end(&self, farewell: Farewell) {
        self.shared.send(Input::Stop(farewell));
        // The loop holds the other end and drops it when everything is done.
        match self.shared.running.recv_timeout(STOP_TIMEOUT) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => {
                tracing::warn!("the driver has not stopped after {STOP_TIMEOUT:?} and is left behind");
            }
        }
    }
}

impl fmt::Debug for DriverHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriverHandle")
            .field("application", &self.shared.application_id)
            .finish_non_exhaustive()
    }
}

/// How long `stop` waits for the loop, whose own steps are bounded by less.
const STOP_TIMEOUT: Duration = Duration::from_millis(1_900);

/// The graph with `first + position` for each position in its binaries.
fn renumber(graph: StageGraph, first: u64, count: u64) -> Result<StageGraph, String> {
    let (rdds, mut stages) = graph.into_parts();
    for stage in &mut stages {
        let position = stage.binary.0;
        if position >= count {
            return Err(format!("a stage has binary {position}, and {count} came with the job"));
        }
        stage.binary = TaskBinaryId(first + position);
    }
    StageGraph::new(rdds, stages).map_err(|error| error.to_string())
}
