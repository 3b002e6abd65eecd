//! The slots of an executor: one thread each, and the attempts that wait for one. Spark: `Executor.threadPool` and
//! `runningTasks`.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::thread;

use hearth_rpc::control::Sender;
use hearth_rpc::message::{FromExecutor, TaskEnded, TaskOutcome};
use hearth_types::{KillReason, TaskAttempt, TaskEndReason, TaskId, TaskMetrics};
use parking_lot::{Condvar, Mutex};

use crate::attempt::{Attempt, AttemptRunner};
use crate::cancel::CancelFlag;

/// Stack of a slot's thread, as large as that of a main thread: user functions may recurse.
const STACK: usize = 8 << 20;

/// Attempts that wait and attempts that run.
pub(crate) struct Slots {
    state: Mutex<State>,
    ready: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Attempt>,
    running: BTreeMap<TaskId, Arc<CancelFlag>>,
    stopped: bool,
}

/// What became of a request to stop an attempt.
pub(crate) enum Killed {
    /// It had not started and never will.
    Waiting(TaskAttempt),
    /// It has been told.
    Running,
    /// It has ended, or is not known.
    Unknown,
}

impl Slots {
    /// Starts `count` threads. They end after `stop`, each when its attempt does.
    pub(crate) fn start(
        count: u32,
        runner: Arc<AttemptRunner>,
        to_driver: &Sender<FromExecutor>,
    ) -> io::Result<Arc<Self>> {
        let slots = Arc::new(Self { state: Mutex::default(), ready: Condvar::new() });
        for slot in 0..count {
            let (own, runner, to_driver) = (Arc::clone(&slots), Arc::clone(&runner), to_driver.clone());
            let thread = thread::Builder::new().name(format!("task-slot-{slot}")).stack_size(STACK);
            let started = thread.spawn(move || own.work(&runner, &to_driver));
            if let Err(error) = started {
                slots.stop();
                return Err(error);
            }
        }
        Ok(slots)
    }

    /// Queues attempts; they start in this order.
    pub(crate) fn submit(&self, attempts: impl ExactSizeIterator<Item = Attempt>) {
        let count = attempts.len();
        let mut state = self.state.lock();
        if state.stopped {
            return;
        }
        state.waiting.extend(attempts);
        drop(state);
        if count == 1 {
            self.ready.notify_one();
        } else {
            self.ready.notify_all();
        }
    }

    /// Takes an attempt out of the queue, or tells it to stop if it runs.
    pub(crate) fn kill(&self, task: TaskId, reason: KillReason) -> Killed {
        let mut state = self.state.lock();
        if let Some(flag) = state.running.get(&task) {
            flag.cancel(reason);
            return Killed::Running;
        }
        let at = state.waiting.iter().position(|attempt| attempt.task.description.id.task == task);
        match at.and_then(|at| state.waiting.remove(at)) {
            Some(attempt) => Killed::Waiting(attempt.task.description.id),
            None => Killed::Unknown,
        }
    }

    /// How many attempts run, and how many wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.running.len(), state.waiting.len())
    }

    /// Forgets what waits, tells what runs to stop, and ends the threads.
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock();
        state.stopped = true;
        state.waiting.clear();
        for flag in state.running.values() {
            flag.cancel(KillReason::ExecutorShutdown);
        }
        drop(state);
        self.ready.notify_all();
    }

    fn work(&self, runner: &AttemptRunner, to_driver: &Sender<FromExecutor>) {
        let mut finished = None;
        while let Some((attempt, cancel)) = self.next(finished) {
            let mut ended = runner.run(&attempt, &cancel);
            finished = Some(ended.id.task);
            runner.env.block_manager().hand_over_updates(|updates| {
                ended.blocks = updates;
                // An error says that the driver is gone; then nobody wants to know.
                drop(to_driver.send(FromExecutor::TasksEnded(vec![ended])));
            });
        }
    }

    /// The next attempt to run on this thread; `None` when there will be none.
    fn next(&self, finished: Option<TaskId>) -> Option<(Attempt, Arc<CancelFlag>)> {
        let mut state = self.state.lock();
        if let Some(task) = finished {
            state.running.remove(&task);
        }
        loop {
            if state.stopped {
                return None;
            }
            if let Some(attempt) = state.waiting.pop_front() {
                let cancel = Arc::new(CancelFlag::default());
                state.running.insert(attempt.task.description.id.task, Arc::clone(&cancel));
                return Some((attempt, cancel));
            }
            self.ready.wait(&mut state);
        }
    }
}

/// The report of an attempt that was stopped before it started.
pub(crate) fn killed_before_start(id: TaskAttempt, reason: KillReason) -> TaskEnded {
    TaskEnded {
        id,
        outcome: TaskOutcome::Failed(Arc::new(TaskEndReason::TaskKilled(reason))),
        metrics: Box::new(TaskMetrics::default()),
        accumulators: Vec::new(),
        blocks: Vec::new(),
    }
}
