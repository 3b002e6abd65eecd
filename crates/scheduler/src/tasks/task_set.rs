//! The tasks of one stage attempt. Spark: `TaskSetManager`.
//!
//! State per task is dense and small: eight bytes, and for map tasks who made the output. What only failed tasks need is
//! sparse. A set that is given up or complete is dropped at once: its attempts live on in their executors
//! (Spark keeps a zombie manager instead).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hearth_types::{ExecutorId, JobId, StageId, TaskBinaryId, TaskId, TaskLocality, Timestamp};

use super::locality::DelayScheduling;
use super::pending::PendingTasks;
use crate::seam::{Positions, RunningTask};

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    /// Waits for a slot.
    Pending,
    /// An attempt runs there.
    Running(ExecutorId),
    /// Done.
    Done,
}

/// The active attempt of a stage.
#[derive(Debug)]
pub(crate) struct TaskSet {
    pub(crate) stage: StageId,
    pub(crate) attempt: u32,
    /// The job that the tasks are launched for; another may take the stage over.
    pub(crate) job: JobId,
    /// The job that decides the place in the queue; stays.
    pub(crate) priority: JobId,
    pub(crate) binary: TaskBinaryId,
    pub(crate) is_map: bool,
    pub(crate) pool: u32,
    pub(crate) positions: Positions,
    pub(crate) partitions: Option<Arc<[u32]>>,
    pub(crate) states: Vec<TaskState>,
    pub(crate) queue: PendingTasks,
    pub(crate) delay: DelayScheduling,
    pub(crate) pending: u32,
    pub(crate) running: u32,
    done: u32,
    failures: BTreeMap<u32, u32>,
    launches: BTreeMap<u32, u32>,
    winners: Vec<Option<Winner>>,
    speed: Speed,
}

/// The attempt that made a map output, kept in case its executor dies.
#[derive(Clone, Copy, Debug)]
struct Winner {
    task: TaskId,
    launch_time: Timestamp,
    executor: ExecutorId,
    attempt: u32,
    micros: u32,
    locality: TaskLocality,
}

/// How quick the tasks are, for launch-ahead.
#[derive(Clone, Copy, Debug, Default)]
struct Speed {
    successes: u32,
    micros: u64,
    failed: bool,
}

impl TaskSet {
    /// A set whose tasks all wait.
    pub(crate) fn new(
        spec: crate::seam::TaskSetSpec,
        pool: u32,
        queue: PendingTasks,
        delay: DelayScheduling,
    ) -> Self {
        let len = spec.positions.len();
        Self {
            stage: spec.stage,
            attempt: spec.attempt,
            job: spec.job,
            priority: spec.job,
            binary: spec.binary,
            is_map: spec.is_map,
            pool,
            positions: spec.positions,
            partitions: spec.partitions,
            states: vec![TaskState::Pending; len as usize],
            queue,
            delay,
            pending: len,
            running: 0,
            done: 0,
            failures: BTreeMap::new(),
            launches: BTreeMap::new(),
            winners: if spec.is_map { vec![None; len as usize] } else { Vec::new() },
            speed: Speed::default(),
        }
    }

    /// Whether every task is done.
    pub(crate) fn is_complete(&self) -> bool {
        self.done as usize == self.states.len()
    }

    /// Partition of the stage's RDD at a position.
    pub(crate) fn partition(&self, position: u32) -> u32 {
        match &self.partitions {
            Some(partitions) => partitions.get(position as usize).copied().unwrap_or(position),
            None => position,
        }
    }

    /// Number of the next attempt of a task.
    pub(crate) fn next_attempt(&self, index: u32) -> u32 {
        if self.launches.is_empty() { 0 } else { self.launches.get(&index).copied().unwrap_or(0) }
    }

    fn state(&self, index: u32) -> Option<TaskState> {
        self.states.get(index as usize).copied()
    }

    fn set_state(&mut self, index: u32, next: TaskState) {
        let Some(state) = self.states.get_mut(index as usize) else { return };
        match std::mem::replace(state, next) {
            TaskState::Pending => self.pending -= 1,
            TaskState::Running(_) => {}
            TaskState::Done => self.done -= 1,
        }
        match next {
            TaskState::Pending => self.pending += 1,
            TaskState::Running(_) => {}
            TaskState::Done => self.done += 1,
        }
    }

    /// A task was taken from the queue and launched.
    pub(crate) fn on_launched(&mut self, index: u32, executor: ExecutorId) {
        self.set_state(index, TaskState::Running(executor));
        self.running += 1;
    }

    /// An attempt of this set ended, however.
    pub(crate) fn on_ended(&mut self) {
        self.running -= 1;
    }

    /// An attempt succeeded.
    pub(crate) fn on_success(
        &mut self,
        task: &RunningTask,
        executor: ExecutorId,
        now: Timestamp,
        run_micros: u64,
    ) {
        self.speed.successes = self.speed.successes.saturating_add(1);
        self.speed.micros += run_micros;
        if self.state(task.index) == Some(TaskState::Done) {
            return;
        }
        self.set_state(task.index, TaskState::Done);
        if !self.failures.is_empty() {
            self.failures.remove(&task.index);
        }
        if let Some(winner) = self.winners.get_mut(task.index as usize) {
            *winner = Some(Winner {
                task: task.id.task,
                launch_time: task.launch_time,
                executor,
                attempt: task.id.attempt,
                micros: u32::try_from(now.since(task.launch_time).as_micros()).unwrap_or(u32::MAX),
                locality: task.locality,
            });
        }
    }

    /// An older attempt of the stage made a partition. Says where the task runs that makes it for nothing now.
    pub(crate) fn on_partition_done(&mut self, position: u32) -> Option<ExecutorId> {
        let index = self.positions.index(position)?;
        let state = self.state(index)?;
        if state != TaskState::Done {
            self.set_state(index, TaskState::Done);
            self.failures.remove(&index);
        }
        match state {
            TaskState::Running(executor) => Some(executor),
            TaskState::Pending | TaskState::Done => None,
        }
    }

    /// Where tasks run that are not done; names an executor for each of them.
    pub(crate) fn running_on(&self) -> impl Iterator<Item = ExecutorId> + '_ {
        let count = self.states.len() - self.pending as usize - self.done as usize;
        let running = self.states.iter().filter_map(|state| match state {
            TaskState::Running(executor) => Some(*executor),
            TaskState::Pending | TaskState::Done => None,
        });
        running.take(count)
    }

    /// An attempt failed. Says how often the task has failed, counting this if `counts`.
    pub(crate) fn on_failure(&mut self, index: u32, counts: bool) -> u32 {
        self.speed.failed = true;
        if !counts {
            return 0;
        }
        let failures = self.failures.entry(index).or_default();
        *failures += 1;
        *failures
    }

    /// Puts a task whose attempt ended back, unless another made its partition.
    pub(crate) fn put_back(&mut self, task: &RunningTask) -> bool {
        match self.state(task.index) {
            Some(TaskState::Running(_)) => {}
            Some(TaskState::Pending | TaskState::Done) | None => return false,
        }
        self.set_state(task.index, TaskState::Pending);
        self.launches.insert(task.index, task.id.attempt + 1);
        true
    }

    /// The map tasks whose output died with an executor; they wait again.
    pub(crate) fn take_outputs_on(&mut self, executor: ExecutorId) -> Vec<(u32, LostOutput)> {
        let mut lost = Vec::new();
        for (index, slot) in (0u32..).zip(&mut self.winners) {
            if let Some(winner) = slot.take_if(|winner| winner.executor == executor) {
                let finish_time = winner.launch_time + Duration::from_micros(u64::from(winner.micros));
                let Winner { task, launch_time, attempt, locality, .. } = winner;
                lost.push((index, LostOutput { task, launch_time, attempt, locality, finish_time }));
            }
        }
        for (index, output) in &lost {
            self.set_state(*index, TaskState::Pending);
            self.launches.insert(*index, output.attempt + 1);
        }
        lost
    }

    /// How many more tasks than one an executor may have per slot. See ADR 0003.
    /// `total_slots` are those of all executors.
    pub(crate) fn ahead(&self, launch_ahead: Duration, total_slots: u32) -> u32 {
        let Speed { successes, micros, failed } = self.speed;
        if failed || u64::from(successes) < u64::from(total_slots) * 2 || launch_ahead.is_zero() {
            return 0;
        }
        let mean = (micros / u64::from(successes.max(1))).max(1);
        let fitting = u64::try_from(launch_ahead.as_micros()).unwrap_or(u64::MAX) / mean;
        if fitting < 2 { 0 } else { u32::try_from(fitting.min(MAX_AHEAD)).unwrap_or(0) }
    }

    /// How many tasks an executor with `slots` may have at once.
    /// Near the end the rest is divided by slots, so that no executor starves beside one with a long queue.
    pub(crate) fn limit(&self, slots: u32, total_slots: u32, launch_ahead: Duration) -> u32 {
        let ahead = self.ahead(launch_ahead, total_slots);
        if ahead == 0 {
            return slots;
        }
        let left = u64::from(self.pending) + u64::from(self.running);
        let share = (left * u64::from(slots)).div_ceil(u64::from(total_slots.max(1)));
        let most = u64::from(slots) * u64::from(1 + ahead);
        u32::try_from(share.min(most)).unwrap_or(u32::MAX).max(slots)
    }
}

/// At most so many tasks wait per slot beside the one that runs.
const MAX_AHEAD: u64 = 64;

/// A map task whose output died.
#[derive(Debug)]
pub(crate) struct LostOutput {
    pub(crate) task: TaskId,
    pub(crate) launch_time: Timestamp,
    pub(crate) attempt: u32,
    pub(crate) locality: TaskLocality,
    pub(crate) finish_time: Timestamp,
}
