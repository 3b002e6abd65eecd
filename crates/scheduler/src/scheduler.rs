//! The one entry: an event in, actions out.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use hearth_types::{ExecutorId, ListenerEvent, TaskEndReason, Timestamp};

use crate::allocation::{ExecutorAllocation, Load};
use crate::dag::DagScheduler;
use crate::executor_events::NewExecutor;
use crate::judge::{Judgement, judge};
use crate::liveness::Liveness;
use crate::seam::{Command, Outcome, Report, Turn};
use crate::tasks::TaskScheduler;
use crate::{Action, Event, SchedulerConf, View};

/// Decides what runs where. Spark: `DAGScheduler` and `TaskSchedulerImpl` together.
#[derive(Debug)]
pub struct Scheduler {
    pub(crate) dag: DagScheduler,
    pub(crate) tasks: TaskScheduler,
    pub(crate) allocation: ExecutorAllocation,
    pub(crate) stale_events: u64,
    pub(crate) liveness: Liveness,
    /// Executors that were lost: a late registration does not bring them back.
    pub(crate) lost: BTreeSet<ExecutorId>,
    /// Executors that will be taken away, and were not told yet that they may go.
    pub(crate) decommissioning: BTreeSet<ExecutorId>,
    now: Timestamp,
    commands: VecDeque<Command>,
    reports: VecDeque<Report>,
}

impl Scheduler {
    /// A scheduler with no jobs and no executors. `seed` drives the random order of offers.
    pub fn new(conf: SchedulerConf, seed: u64) -> Self {
        Self {
            dag: DagScheduler::new(&conf),
            tasks: TaskScheduler::new(&conf, seed),
            liveness: Liveness::new(conf.executor_timeout),
            allocation: ExecutorAllocation::new(&conf),
            stale_events: 0,
            lost: BTreeSet::new(),
            decommissioning: BTreeSet::new(),
            now: Timestamp::default(),
            commands: VecDeque::new(),
            reports: VecDeque::new(),
        }
    }

    /// Applies one event and returns what must now be done, in order.
    ///
    /// Never blocks, never fails, never reads a clock. `now` should not go backwards; if it does, it stands still.
    /// Timers that are due run too, whatever the event.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Vec<Action> {
        self.now = self.now.max(now);
        let mut turn = Turn {
            now: self.now,
            actions: Vec::with_capacity(4),
            commands: std::mem::take(&mut self.commands),
            reports: std::mem::take(&mut self.reports),
            offer_all: false,
        };
        let freed = self.on_event(&mut turn, event);
        self.run_timers(&mut turn);
        self.route(&mut turn);
        self.offer(&mut turn, freed);
        self.allocate(&mut turn);
        self.let_decommissioned_go(&mut turn);
        self.commands = turn.commands;
        self.reports = turn.reports;
        turn.actions
    }

    /// When to call `handle(now, Event::Timeout)` if nothing comes first. Early calls are harmless.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let load = self.load();
        let timers = [
            self.dag.next_timeout(),
            self.liveness.next_timeout(),
            self.allocation.next_timeout(&load),
            self.tasks.next_timeout().filter(|_| self.allocation.is_ready()),
        ];
        timers.into_iter().flatten().min()
    }

    /// Read-only view for tests, invariants and metrics.
    pub fn view(&self) -> View<'_> {
        View::new(self)
    }

    /// Applies the event itself. Returns the executor of a task that ended, whose slot is to be offered.
    fn on_event(&mut self, turn: &mut Turn, event: Event) -> Option<ExecutorId> {
        match event {
            Event::ApplicationStarted => {
                if let Some(total) = self.allocation.on_started(turn.now) {
                    turn.actions.push(Action::RequestExecutors { total });
                }
            }
            Event::JobSubmitted { job, graph, properties } => {
                self.dag.on_job_submitted(turn, job, graph, properties);
            }
            Event::JobsCancelled { which, reason } => self.dag.on_jobs_cancelled(turn, &which, &reason),
            Event::ExecutorRegistered { executor, host, slots, block_address, max_memory } => {
                let new = NewExecutor { executor, host, slots, block_address, max_memory };
                self.on_executor_registered(turn, new);
            }
            Event::ExecutorLost { executor, reason } => self.on_executor_lost(turn, executor, &reason),
            Event::ExecutorDecommissioning { executor } => self.on_executor_decommissioning(turn, executor),
            Event::ExecutorRequestFailed { reason: _ } => self.allocation.on_request_failed(turn.now),
            Event::ExecutorBoundsChanged { min, max } => self.allocation.on_bounds_changed(min, max),
            Event::Heartbeat { executor } => self.tasks.executors_mut().on_seen(executor, turn.now),
            Event::TaskEnded { id, executor, end, metrics } => {
                self.tasks.executors_mut().on_seen(executor, turn.now);
                return self.on_task_ended(turn, id, executor, end, metrics);
            }
            Event::ResultFetched { id } => self.on_result_read(turn, id, Outcome::Result),
            Event::ResultLost { id } => {
                self.on_result_read(turn, id, Outcome::Failed(Arc::new(TaskEndReason::TaskResultLost)));
            }
            Event::CommitRequested { id, executor } => {
                let told_to_stop = self.tasks.running(executor, id).is_some_and(|task| task.killed);
                let allowed = match judge(&self.dag, &self.tasks, id, Some(executor)) {
                    Judgement::Current | Judgement::LateButUseful if told_to_stop => false,
                    Judgement::Current | Judgement::LateButUseful => self.dag.commits.can_commit(id),
                    Judgement::Stale | Judgement::Unknown => false,
                };
                turn.actions.push(Action::AnswerCommit { executor, id, allowed });
            }
            Event::MapOutputsRequested { executor, shuffle } => {
                let outputs = self.dag.map_outputs.answer(shuffle);
                let epoch = self.dag.map_outputs.epoch();
                turn.actions.push(Action::SendMapOutputs { executor, shuffle, epoch, outputs });
            }
            Event::BlockUpdated { executor, update } => {
                if self.tasks.is_alive(executor) {
                    self.dag.cache.update(executor, &update);
                    self.allocation.touch(executor);
                    turn.post(ListenerEvent::BlockUpdated { executor, update });
                } else {
                    self.stale_events += 1;
                }
            }
            Event::RddUnpersisted { rdd } => {
                self.dag.cache.remove_rdd(rdd);
                self.allocation.touch_all();
                turn.post(ListenerEvent::UnpersistRdd { rdd });
            }
            Event::ShuffleReleased { shuffle } => self.dag.on_shuffle_released(turn, shuffle),
            Event::Timeout => {}
        }
        None
    }

    /// Gives up executors that are silent, and submits failed stages again when their wait is over.
    fn run_timers(&mut self, turn: &mut Turn) {
        while let Some((executor, reason)) = self.liveness.next_silent(turn.now, &self.tasks) {
            self.on_executor_lost(turn, executor, &reason);
            turn.actions.push(Action::AbandonExecutor { executor });
        }
        self.route(turn);
        self.dag.on_time(turn);
        if !self.allocation.is_ready()
            && self.allocation.check_ready(turn.now, self.tasks.executors().staying())
        {
            turn.offer_all = true;
        }
        if self.tasks.next_timeout().is_some_and(|at| at <= turn.now) {
            turn.offer_all = true;
        }
    }

    /// Carries reports and commands between the two machines until both are quiet.
    pub(crate) fn route(&mut self, turn: &mut Turn) {
        loop {
            if let Some(report) = turn.reports.pop_front() {
                self.dag.on_report(turn, report);
            } else if let Some(command) = turn.commands.pop_front() {
                self.tasks.perform(turn, command);
            } else {
                break;
            }
        }
    }

    /// Hands out slots: all that are free, or those of one executor.
    fn offer(&mut self, turn: &mut Turn, freed: Option<ExecutorId>) {
        if !self.allocation.is_ready() {
            return;
        }
        let epoch = self.dag.map_outputs.epoch();
        if let Some(executor) = freed {
            self.tasks.offer_one(turn, executor, epoch);
        }
        if turn.offer_all {
            self.tasks.offer_all(turn, epoch);
        }
    }

    /// Asks for executors and lets idle ones go.
    fn allocate(&mut self, turn: &mut Turn) {
        if self.allocation.is_dynamic() {
            let dag_changed = self.dag.take_changed();
            self.allocation.note_idle(turn.now, &mut self.tasks, &self.dag, dag_changed);
        } else {
            self.tasks.executors_mut().clear_touched();
        }
        let load = self.load();
        let wish = self.allocation.decide(turn.now, &load);
        if let Some(total) = wish.request {
            turn.actions.push(Action::RequestExecutors { total });
        }
        if !wish.remove.is_empty() {
            self.tasks.set_removing(&wish.remove);
            turn.actions.push(Action::RemoveExecutors { executors: wish.remove });
        }
    }

    fn load(&self) -> Load {
        Load {
            pending: if self.allocation.is_dynamic() { self.tasks.pending_tasks() } else { 0 },
            running: self.tasks.running_tasks(),
            executors: self.tasks.executors().staying(),
        }
    }
}
