//! A read-only look at the scheduler's state, for tests, invariants and metrics. Spark's tests reach into private fields instead.

use hearth_types::{
    ExecutorId, HostName, JobId, MapStatus, RddId, ShuffleId, StageId, TaskAttempt, TaskLocality, Timestamp,
};

use crate::Scheduler;

/// What a scheduler knows at this moment.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    scheduler: &'a Scheduler,
}

/// An active job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobView {
    /// Which job.
    pub job: JobId,
    /// Its result stage.
    pub result_stage: StageId,
    /// How many results it asked for.
    pub partitions: u32,
    /// How many of them were delivered.
    pub finished: u32,
}

/// A stage that an active job needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageView {
    /// Which stage.
    pub stage: StageId,
    /// The latest attempt that was submitted; `None` before the first.
    pub attempt: Option<u32>,
    /// Where it stands.
    pub state: StageState,
    /// The shuffle it feeds; `None` for a result stage.
    pub shuffle: Option<ShuffleId>,
    /// The stages it reads from.
    pub parents: Vec<StageId>,
    /// The active jobs that need it.
    pub jobs: Vec<JobId>,
    /// Partitions whose output or result is missing.
    pub missing: u32,
}

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageState {
    /// Nothing to do now: not yet wanted, or done.
    Idle,
    /// Waits for its parents.
    Waiting,
    /// Has a current attempt.
    Running,
    /// Met a fetch failure and will be submitted again.
    Failed,
}

/// A registered executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorView {
    /// Which executor.
    pub executor: ExecutorId,
    /// Its machine.
    pub host: HostName,
    /// How many tasks it runs at a time.
    pub slots: u32,
    /// Attempts that are there: running, or waiting in order (launch-ahead).
    pub tasks: u32,
    /// Whether it was asked to go; it gets no more tasks.
    pub removing: bool,
}

/// An attempt that was launched and has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningView {
    /// Which attempt.
    pub id: TaskAttempt,
    /// Where.
    pub executor: ExecutorId,
    /// When it was launched.
    pub launch_time: Timestamp,
    /// Generation of map outputs at its launch.
    pub epoch: u64,
    /// How close to its data it is.
    pub locality: TaskLocality,
    /// Whether it was told to stop.
    pub killed: bool,
    /// Whether it has ended on the executor and its large result is on the way.
    pub fetching: bool,
}

impl<'a> View<'a> {
    pub(crate) fn new(scheduler: &'a Scheduler) -> Self {
        Self { scheduler }
    }

    /// Whether nothing of any job remains: no job, stage, task set, commit or failed stage.
    /// Attempts that were told to stop and have not answered yet do not count, nor do map outputs and cached partitions.
    pub fn is_empty(&self) -> bool {
        self.scheduler.dag.is_empty() && self.scheduler.tasks.is_empty()
    }

    /// Active jobs, by id.
    pub fn jobs(&self) -> impl Iterator<Item = JobView> + 'a {
        self.scheduler.dag.job_views()
    }

    /// Stages that active jobs need, by id.
    pub fn stages(&self) -> impl Iterator<Item = StageView> + 'a {
        self.scheduler.dag.stage_views()
    }

    /// Registered executors, by id.
    pub fn executors(&self) -> impl Iterator<Item = ExecutorView> + 'a {
        self.scheduler.tasks.executor_views()
    }

    /// Whether an executor is registered and not lost.
    pub fn is_alive(&self, executor: ExecutorId) -> bool {
        self.scheduler.tasks.is_alive(executor)
    }

    /// Attempts that were launched and have not ended, by task id.
    pub fn running(&self) -> impl Iterator<Item = RunningView> + 'a {
        self.scheduler.tasks.running_views()
    }

    /// Tasks of active task sets that wait for a slot.
    pub fn pending_tasks(&self) -> u64 {
        self.scheduler.tasks.pending_tasks()
    }

    /// Slots that no task uses, over all executors that may get tasks.
    pub fn free_slots(&self) -> u64 {
        self.scheduler.tasks.free_slots()
    }

    /// Generation of map outputs.
    pub fn epoch(&self) -> u64 {
        self.scheduler.dag.map_outputs.epoch()
    }

    /// Shuffles whose outputs are tracked, by id.
    pub fn shuffles(&self) -> impl Iterator<Item = ShuffleId> + 'a {
        self.scheduler.dag.map_outputs.shuffles()
    }

    /// Outputs of a shuffle, by map partition; `None` for a shuffle that is not tracked.
    pub fn map_outputs(&self, shuffle: ShuffleId) -> Option<&'a [Option<MapStatus>]> {
        self.scheduler.dag.map_outputs.outputs(shuffle)
    }

    /// Executors that hold a cached partition, by id.
    pub fn cached(&self, rdd: RddId, partition: u32) -> impl Iterator<Item = ExecutorId> + 'a {
        self.scheduler.dag.cache.locations(rdd, partition)
    }

    /// The attempt that may commit a partition of a stage.
    pub fn committer(&self, stage: StageId, partition: u32) -> Option<TaskAttempt> {
        self.scheduler.dag.commits.holder(stage, partition)
    }

    /// How many executors the cluster manager was last asked for, living ones included.
    pub fn executor_target(&self) -> u32 {
        self.scheduler.allocation.target()
    }

    /// Events that came late, twice or from lost executors and changed nothing.
    pub fn stale_events(&self) -> u64 {
        self.scheduler.stale_events
    }
}
