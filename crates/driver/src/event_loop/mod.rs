//! The loop: events into the scheduler, actions out of it. Spark: `DAGSchedulerEventProcessLoop` and
//! `CoarseGrainedSchedulerBackend.DriverEndpoint`, which are two threads there.
//!
//! The loop takes all that has come, hands each to the scheduler, and only then sends: so an executor gets the launches
//! of a batch as one message, and listeners their events as one batch.

mod actions;
mod inbox;
mod jobs;
mod lifecycle;
mod links;
mod messages;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use hearth_cluster::ClusterManager;
use hearth_scheduler::{Event, Scheduler};
use hearth_status::{ConsoleProgress, ListenerBus, StatusStore, WhenFull};
use hearth_types::{ListenerEvent, TaskId, Timestamp};

pub(crate) use inbox::{Farewell, Input, Submission};

use self::jobs::Jobs;
use self::links::Links;
use crate::background::Background;
use crate::blocks::Blocks;
use crate::job_log::JobLog;
use crate::results::Delivery;

/// Messages handled before what they caused is sent: bounds how long a launch waits.
const MAX_BATCH: usize = 256;

/// What the loop is made of.
pub(crate) struct Parts {
    pub(crate) scheduler: Scheduler,
    pub(crate) inbox: Receiver<Input>,
    /// For what the loop starts to report back.
    pub(crate) sender: Sender<Input>,
    pub(crate) runtime: Background,
    pub(crate) cluster: Option<Arc<dyn ClusterManager>>,
    pub(crate) blocks: Arc<dyn Blocks>,
    pub(crate) store: Arc<StatusStore>,
    pub(crate) bus: ListenerBus,
    pub(crate) progress: Option<Arc<ConsoleProgress>>,
    pub(crate) results: Sender<Vec<Delivery>>,
    /// Ends when the result thread has.
    pub(crate) results_ended: Receiver<()>,
    /// Deleted at the end.
    pub(crate) temp_dirs: Vec<PathBuf>,
}

/// The loop's state.
pub(crate) struct EventLoop {
    parts: Parts,
    now: Timestamp,
    links: Links,
    jobs: Jobs,
    /// What came with the task end that the scheduler is being told of.
    held: Option<(TaskId, Payload)>,
    /// What came with task ends whose result is being read from their executor.
    fetching: BTreeMap<TaskId, Payload>,
    posts: Vec<ListenerEvent>,
    deliveries: Vec<Delivery>,
    log: JobLog,
    stopping: bool,
    farewell: Farewell,
}

/// What a successful task brought.
#[derive(Default)]
struct Payload {
    result: Option<Bytes>,
    accumulators: Vec<(u64, Bytes)>,
}

impl EventLoop {
    /// A loop that has not begun. `first` are the listener events that come before all others.
    pub(crate) fn new(parts: Parts, first: Vec<ListenerEvent>) -> Self {
        Self {
            parts,
            now: Timestamp::default(),
            links: Links::default(),
            jobs: Jobs::default(),
            held: None,
            fetching: BTreeMap::new(),
            posts: first,
            deliveries: Vec::new(),
            log: JobLog::default(),
            stopping: false,
            farewell: Farewell::ForGood,
        }
    }

    /// Runs until the application is stopped, then stops everything else.
    pub(crate) fn run(mut self) {
        self.tick();
        self.handle(Event::ApplicationStarted);
        self.flush();
        while !self.stopping {
            let mut next = self.wait();
            self.tick();
            for _ in 0..MAX_BATCH {
                let Some(input) = next.take() else { break };
                self.on_input(input);
                if self.stopping {
                    break;
                }
                next = self.parts.inbox.try_recv().ok();
            }
            if let Some(input) = next {
                self.on_input(input);
            }
            self.on_time();
            self.flush();
        }
        self.stop();
    }

    /// The next message, or `None` when the time of something has come.
    fn wait(&self) -> Option<Input> {
        let deadlines = [self.parts.scheduler.next_timeout(), self.links.next_deadline()];
        let received = match deadlines.into_iter().flatten().min() {
            Some(deadline) => {
                // Up to a millisecond late is better than a little early and twice.
                let wait = deadline.since(clock()).min(LONGEST_WAIT) + Duration::from_micros(100);
                self.parts.inbox.recv_timeout(wait)
            }
            None => self.parts.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        received.ok()
    }

    /// Time never goes backwards for the scheduler.
    fn tick(&mut self) {
        self.now = self.now.max(clock());
    }

    fn on_time(&mut self) {
        if self.parts.scheduler.next_timeout().is_some_and(|at| at <= self.now) {
            self.handle(Event::Timeout);
        }
        while let Some((executor, reason)) = self.links.expired(self.now) {
            self.lose(executor, reason);
        }
    }

    fn on_input(&mut self, input: Input) {
        match input {
            Input::From(executor, message) => self.on_message(executor, message),
            Input::Submit(submission) => self.on_submit(*submission),
            Input::Cancel { which, reason } => self.handle(Event::JobsCancelled { which, reason }),
            Input::Unpersist(rdd) => self.on_unpersist(rdd),
            Input::ReleaseShuffle(shuffle) => self.handle(Event::ShuffleReleased { shuffle }),
            Input::RemoveBlock { block, also_here } => self.on_remove_block(block, also_here),
            Input::RegisterAccumulator { id, merge } => {
                self.deliveries.push(Delivery::RegisterAccumulator { id, merge });
            }
            Input::ReleaseAccumulator { id } => self.deliveries.push(Delivery::ReleaseAccumulator { id }),
            Input::AddListener(listener) => {
                // It hears from now on: what is being collected goes to the others first.
                self.flush();
                self.parts.bus.add("shared", WhenFull::Drop, listener);
            }
            Input::Attached(attached) => self.on_attached(*attached),
            Input::StreamEnded(executor) => self.on_stream_ended(executor),
            Input::Cluster(event) => self.on_cluster(event),
            Input::ClusterEnded => self.on_cluster_ended(),
            Input::ResultFetched { executor, id, result } => self.on_result_fetched(executor, id, result),
            Input::Stop(farewell) => {
                self.stopping = true;
                self.farewell = farewell;
            }
        }
    }

    fn handle(&mut self, event: Event) {
        for action in self.parts.scheduler.handle(self.now, event) {
            self.perform(action);
        }
    }

    /// Sends what the last messages caused.
    fn flush(&mut self) {
        self.links.flush();
        if !self.posts.is_empty() {
            // Before the results: who has waited for a job finds its end in the store.
            self.parts.store.apply(&self.posts);
            self.log.observe(&self.posts);
        }
        if !self.deliveries.is_empty() {
            // An error says that the result thread has ended, which only happens after us.
            drop(self.parts.results.send(std::mem::take(&mut self.deliveries)));
        }
        if self.parts.bus.has_listeners() {
            self.parts.bus.post(std::mem::take(&mut self.posts));
        } else {
            self.posts.clear();
        }
    }
}

/// Even without anything to do, the loop looks up so often.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// What the time is: that of the wall at first, and steady from then on. A clock that is set forward must not look like
/// the silence of every executor.
pub(crate) fn clock() -> Timestamp {
    static BEGAN: LazyLock<(Duration, Instant)> = LazyLock::new(|| {
        (SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(), Instant::now())
    });
    let (wall, at) = *BEGAN;
    Timestamp(u64::try_from((wall + at.elapsed()).as_micros()).unwrap_or(u64::MAX))
}
