//! Virtual time: everything that happens outside of the scheduler, in one queue, and the loop around the scheduler.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use hearth_scheduler::{Action, Event, Scheduler};
use hearth_types::{ExecutorId, ExecutorLossReason, JobId, ListenerEvent, TaskAttempt, Timestamp};

use crate::blocks::Blocks;
use crate::chaos::Stream;
use crate::cluster::Cluster;
use crate::content::Content;
use crate::executor::{Executor, Inside};
use crate::invariants::{Invariants, Look, Violation};
use crate::oracle::Oracle;
use crate::plan::Plan;
use crate::program::Program;
use crate::queue::Queue;
use crate::random::Random;
use crate::trace::Trace;

/// When every run starts.
pub const START: Timestamp = Timestamp(1_000_000_000);

/// How often the timer may be due at one moment before that counts as standing still.
const TIMEOUTS_AT_ONE_MOMENT: u32 = 1_000;

/// Everything of one run.
#[derive(Debug)]
pub struct World<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) now: Timestamp,
    pub(crate) queue: Queue<Occurrence>,
    /// Occurrences in the queue that are more than heartbeats.
    waiting: usize,
    pub(crate) random: Random,
    scheduler: Scheduler,
    pub(crate) processes: BTreeMap<ExecutorId, Process>,
    pub(crate) loss_told: BTreeSet<ExecutorId>,
    pub(crate) cluster: Cluster,
    pub(crate) blocks: Blocks,
    pub(crate) program: Program,
    oracle: Oracle,
    invariants: Invariants<'p>,
    pub(crate) trace: Trace,
    pub(crate) faulty: bool,
    timeouts: (Timestamp, u32),
    events: u64,
}

/// An executor's process and its stream.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) executor: Executor,
    pub(crate) life: Life,
    pub(crate) up: Stream,
    pub(crate) down: Stream,
    /// It has lost map outputs, so its disk may not be trusted.
    pub(crate) is_broken: bool,
    /// What reached it while it was frozen.
    pub(crate) deferred: Vec<Inside>,
}

/// Whether a process does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Runs,
    Frozen,
    Dead,
}

/// Something that happens at a time.
#[derive(Debug)]
pub(crate) enum Occurrence {
    /// News reach the driver; a result's content goes along. News on a stream end with the stream.
    Told { event: Event, content: Option<Content>, from: Option<ExecutorId> },
    /// Something happens in an executor. Messages of the driver end with the stream.
    Inside { executor: ExecutorId, inside: Inside, is_message: bool },
    /// An executor's process is up.
    Started(ExecutorId),
    /// The cluster manager looks after its executors.
    Reconcile,
    /// An executor's process ends.
    Ends(ExecutorId, ExecutorLossReason),
    /// A thread of the program runs a job.
    Submit(usize),
    /// Somebody gives a job up.
    Cancel(JobId),
    /// The driver reads a stored result.
    ReadResult(ExecutorId, TaskAttempt),
    /// A fault.
    Strike(usize),
    /// A frozen executor goes on; a cut off one can be reached again.
    Heal(ExecutorId),
    /// The faults stop.
    Calm,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// What was wrong, if anything.
    pub violation: Option<Violation>,
    /// Everything that happened.
    pub trace: Trace,
    /// How many events the scheduler was told.
    pub events: u64,
}

impl<'p> World<'p> {
    /// The world of a plan, before anything happens.
    pub fn new(plan: &'p Plan) -> Self {
        let mut world = Self {
            plan,
            now: START,
            queue: Queue::new(),
            waiting: 0,
            random: Random::new(plan.seed, 2),
            scheduler: Scheduler::new(plan.conf.clone(), plan.seed),
            processes: BTreeMap::new(),
            loss_told: BTreeSet::new(),
            cluster: Cluster::default(),
            blocks: Blocks::default(),
            program: Program::new(plan),
            oracle: Oracle::default(),
            invariants: Invariants::new(plan),
            trace: Trace::default(),
            faulty: !plan.faults.until.is_zero(),
            timeouts: (START, 0),
            events: 0,
        };
        world.tell_after(Duration::ZERO, Event::ApplicationStarted);
        for at in 0..plan.threads.len() {
            world.next_job(at, 0);
        }
        for at in 0..plan.faults.strikes.len() {
            world.plan_strike(at);
        }
        for (at, min, max) in &plan.edits {
            world.tell_after(*at, Event::ExecutorBoundsChanged { min: Some(*min), max: Some(*max) });
        }
        world.after(plan.faults.until, Occurrence::Calm);
        world
    }

    /// Lets everything happen.
    pub fn run(mut self) -> Outcome {
        let violation = self.go().err();
        Outcome { violation, trace: self.trace, events: self.events }
    }

    fn go(&mut self) -> Result<(), Violation> {
        let mut quiet_since = START;
        loop {
            let timeout = self.scheduler.next_timeout().map(|due| self.timer(due));
            let queued = self.queue.next_time();
            let Some(next) = [timeout, queued].into_iter().flatten().min() else { break };
            if self.waiting > 0 || !self.program.is_done(self.plan) {
                quiet_since = next;
            } else if next.since(quiet_since) > self.plan.conf.executor_timeout * 2 {
                break;
            }
            if timeout == Some(next) {
                self.on_timeout(next)?;
                continue;
            }
            let Some((time, occurrence)) = self.queue.pop() else { break };
            self.now = time;
            self.waiting -= usize::from(!occurrence.is_heartbeat());
            self.happen(occurrence)?;
            if self.faulty && self.random.chance(self.plan.faults.early_timeout) {
                self.tell(Event::Timeout, None)?;
            }
        }
        let look = self.look(true);
        self.invariants.on_rest(&look)
    }

    /// When the timer fires that is due then: a busy driver is late.
    fn timer(&self, due: Timestamp) -> Timestamp {
        let late = if self.faulty { self.plan.faults.late_timeout } else { Duration::ZERO };
        (due + late).max(self.now)
    }

    fn on_timeout(&mut self, due: Timestamp) -> Result<(), Violation> {
        self.now = due;
        let (at, times) = self.timeouts;
        self.timeouts = if at == due { (at, times + 1) } else { (due, 1) };
        if self.timeouts.1 > TIMEOUTS_AT_ONE_MOMENT {
            let (invariant, sentence) = STANDSTILL;
            return Err(Violation { invariant, sentence, detail: "the timer stays due".to_owned() });
        }
        self.tell(Event::Timeout, None)
    }

    /// Tells the scheduler and does what it wants.
    fn tell(&mut self, event: Event, content: Option<Content>) -> Result<(), Violation> {
        self.events += 1;
        self.trace.event(self.now, &event);
        self.invariants.on_event(self.now, &event)?;
        self.oracle.on_event(self.plan, self.invariants.seen(), &event, content);
        let mut changes_outputs = matches!(event, Event::TaskEnded { .. } | Event::ExecutorLost { .. });
        let (scheduler, now) = (&mut self.scheduler, self.now);
        let actions = catch_unwind(AssertUnwindSafe(|| scheduler.handle(now, event))).map_err(|cause| {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            let (invariant, sentence) = NO_PANIC;
            Violation { invariant, sentence, detail: text.to_owned() }
        })?;
        for action in actions {
            self.trace.action(&action);
            changes_outputs |= matches!(action, Action::Post(ListenerEvent::StageSubmitted { .. }));
            self.invariants.on_action(&action)?;
            self.oracle.on_action(self.plan, &self.program, &action)?;
            self.perform(action);
        }
        let look = self.look(changes_outputs);
        self.invariants.on_settled(&look)
    }

    fn look(&self, with_outputs: bool) -> Look {
        Look::at(&self.scheduler, with_outputs)
    }

    fn happen(&mut self, occurrence: Occurrence) -> Result<(), Violation> {
        match occurrence {
            Occurrence::Told { event, content, from } => {
                let open =
                    from.and_then(|from| self.processes.get(&from)).is_none_or(|of| of.up.is_open(self.now));
                if open && self.is_news(&event) {
                    return self.tell(event, content);
                }
            }
            Occurrence::Inside { executor, inside, is_message } => {
                self.happen_inside(executor, inside, is_message)
            }
            Occurrence::Started(executor) => self.on_started(executor),
            Occurrence::Reconcile => self.reconcile(),
            Occurrence::Ends(executor, reason) => self.on_process_end(executor, reason),
            Occurrence::Submit(at) => {
                if let Some((job, event)) = self.program.submit(self.plan, at) {
                    if let Some(cancel) = self.plan.jobs.get(at).and_then(|planned| planned.cancel) {
                        self.after(cancel.after, Occurrence::Cancel(job));
                    }
                    return self.tell(event, None);
                }
            }
            Occurrence::Cancel(job) => {
                if let Some(event) = self.program.cancel(self.plan, job) {
                    return self.tell(event, None);
                }
            }
            Occurrence::ReadResult(executor, id) => self.read_result(executor, id),
            Occurrence::Strike(at) => {
                if let Some((strike, _)) = self.plan.faults.strikes.get(at).filter(|_| self.faulty) {
                    self.strike(*strike);
                    self.plan_strike(at);
                }
            }
            Occurrence::Heal(executor) => self.heal(executor),
            Occurrence::Calm => self.calm_down(),
        }
        Ok(())
    }

    pub(crate) fn tell_after(&mut self, delay: Duration, event: Event) {
        self.after(delay, Occurrence::Told { event, content: None, from: None });
    }

    pub(crate) fn after(&mut self, delay: Duration, occurrence: Occurrence) {
        self.at(self.now + delay, occurrence);
    }

    pub(crate) fn at(&mut self, time: Timestamp, occurrence: Occurrence) {
        self.waiting += usize::from(!occurrence.is_heartbeat());
        self.queue.push(time, occurrence);
    }
}

impl Occurrence {
    fn is_heartbeat(&self) -> bool {
        matches!(
            self,
            Self::Told { event: Event::Heartbeat { .. }, .. }
                | Self::Inside { inside: Inside::Heartbeat, .. }
        )
    }
}

/// The sentence about timers.
pub const STANDSTILL: (&str, &str) = ("timer", "a timeout that was handled is not due any more");

/// The sentence about panics.
pub const NO_PANIC: (&str, &str) = ("no_panic", "the scheduler never fails");
