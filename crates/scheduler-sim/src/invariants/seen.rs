//! What the scheduler has been told and has said so far: the facts that invariants judge by.
//!
//! It follows only events and actions, never the scheduler's own state.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, Event, TaskEnd};
use hearth_types::{ExecutorId, JobId, TaskAttempt, TaskBinaryId, TaskId, Timestamp};

/// The facts.
#[derive(Debug, Default)]
pub struct Seen {
    /// The time of the last event.
    pub now: Timestamp,
    /// Every executor that has registered.
    pub executors: BTreeMap<ExecutorId, SeenExecutor>,
    /// Every attempt that was launched.
    pub tasks: BTreeMap<TaskId, SeenTask>,
    /// The jobs that run.
    pub active_jobs: BTreeSet<JobId>,
    /// The jobs that have ended.
    pub ended_jobs: BTreeSet<JobId>,
}

/// An executor as the scheduler must see it.
#[derive(Debug, Default)]
pub struct SeenExecutor {
    /// How many tasks it runs at a time.
    pub slots: u32,
    /// When it last said something.
    pub heard: Timestamp,
    /// Its loss was told, or the scheduler gave it up.
    pub is_gone: bool,
    /// The scheduler let it go.
    pub is_leaving: bool,
    /// It will be taken away, or its stream broke.
    pub is_decommissioning: bool,
    /// Attempts that were launched there and whose end was not told.
    pub open: BTreeSet<TaskId>,
    stored: BTreeSet<TaskId>,
}

/// An attempt as the scheduler must see it.
#[derive(Clone, Copy, Debug)]
pub struct SeenTask {
    /// Which.
    pub id: TaskAttempt,
    /// Where.
    pub executor: ExecutorId,
    /// Its code.
    pub binary: TaskBinaryId,
    /// Generation of map outputs at its launch.
    pub epoch: u64,
    /// How it ended, if that was told.
    pub end: Option<SeenEnd>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenEnd {
    /// Well.
    Succeeded,
    /// Well, but its result has to be fetched.
    Stored,
    /// Badly.
    Failed,
    /// With its executor.
    Lost,
}

impl SeenExecutor {
    /// Whether no attempt runs there and no result is read from there.
    pub fn has_no_tasks(&self) -> bool {
        self.open.is_empty() && self.stored.is_empty()
    }
}

impl Seen {
    /// Whether the executor has registered and is not known to be gone.
    pub fn is_alive(&self, executor: ExecutorId) -> bool {
        self.executors.get(&executor).is_some_and(|seen| !seen.is_gone)
    }

    /// Whether this is the first news of the attempt's end.
    pub fn is_open(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|seen| seen.end.is_none())
    }

    /// Whether the attempt's result is being fetched, as far as is known.
    pub fn is_stored(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|seen| seen.end == Some(SeenEnd::Stored))
    }

    pub(super) fn on_event(&mut self, now: Timestamp, event: &Event) {
        self.now = now;
        if let Event::Heartbeat { executor } | Event::TaskEnded { executor, .. } = event
            && let Some(seen) = self.executors.get_mut(executor)
        {
            seen.heard = now;
        }
        match event {
            Event::JobSubmitted { job, .. } => {
                self.active_jobs.insert(*job);
            }
            Event::ExecutorRegistered { executor, slots, .. } => {
                let new = SeenExecutor { slots: *slots, heard: now, ..SeenExecutor::default() };
                self.executors.insert(*executor, new);
            }
            Event::ExecutorLost { executor, .. } => self.lose(*executor),
            Event::ExecutorDecommissioning { executor } => {
                if let Some(seen) = self.executors.get_mut(executor) {
                    seen.is_decommissioning = true;
                }
            }
            Event::TaskEnded { id, end, .. } => {
                let end = match end {
                    TaskEnd::MapOutput { .. } | TaskEnd::Result { .. } => SeenEnd::Succeeded,
                    TaskEnd::IndirectResult { .. } => SeenEnd::Stored,
                    TaskEnd::Failed(_) => SeenEnd::Failed,
                };
                if self.is_open(id.task) {
                    self.end(id.task, end);
                }
            }
            Event::ResultFetched { id } if self.is_stored(id.task) => self.end(id.task, SeenEnd::Succeeded),
            Event::ResultLost { id } if self.is_stored(id.task) => self.end(id.task, SeenEnd::Failed),
            Event::ApplicationStarted
            | Event::JobsCancelled { .. }
            | Event::ExecutorRequestFailed { .. }
            | Event::ExecutorBoundsChanged { .. }
            | Event::Heartbeat { .. }
            | Event::ResultFetched { .. }
            | Event::ResultLost { .. }
            | Event::CommitRequested { .. }
            | Event::MapOutputsRequested { .. }
            | Event::BlockUpdated { .. }
            | Event::RddUnpersisted { .. }
            | Event::ShuffleReleased { .. }
            | Event::Timeout => {}
        }
    }

    pub(super) fn on_action(&mut self, action: &Action) {
        match action {
            Action::LaunchTask { executor, task } => {
                let (id, binary, epoch) = (task.id, task.binary, task.epoch);
                self.tasks.insert(id.task, SeenTask { id, executor: *executor, binary, epoch, end: None });
                if let Some(seen) = self.executors.get_mut(executor) {
                    seen.open.insert(id.task);
                }
            }
            Action::RemoveExecutors { executors } => {
                for executor in executors {
                    if let Some(seen) = self.executors.get_mut(executor) {
                        seen.is_leaving = true;
                    }
                }
            }
            Action::AbandonExecutor { executor } => self.lose(*executor),
            Action::CompleteJob { job, .. } => {
                self.active_jobs.remove(job);
                self.ended_jobs.insert(*job);
            }
            Action::KillTask { .. }
            | Action::RequestExecutors { .. }
            | Action::RemoveShuffle { .. }
            | Action::ForgetCached { .. }
            | Action::AnswerCommit { .. }
            | Action::SendMapOutputs { .. }
            | Action::FetchResult { .. }
            | Action::AcceptTask { .. }
            | Action::ForgetStage { .. }
            | Action::Post(_) => {}
        }
    }

    fn end(&mut self, task: TaskId, end: SeenEnd) {
        if let Some(seen) = self.tasks.get_mut(&task) {
            seen.end = Some(end);
            if let Some(executor) = self.executors.get_mut(&seen.executor) {
                executor.open.remove(&task);
                if end == SeenEnd::Stored {
                    executor.stored.insert(task);
                } else {
                    executor.stored.remove(&task);
                }
            }
        }
    }

    fn lose(&mut self, executor: ExecutorId) {
        let Some(seen) = self.executors.get_mut(&executor) else { return };
        seen.is_gone = true;
        let open = std::mem::take(&mut seen.open);
        for task in open.into_iter().chain(std::mem::take(&mut seen.stored)) {
            if let Some(seen) = self.tasks.get_mut(&task) {
                seen.end = Some(SeenEnd::Lost);
            }
        }
    }
}
