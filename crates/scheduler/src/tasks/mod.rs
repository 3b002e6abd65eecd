//! Task sets and executors: what runs where, what runs again, what is given up. Spark: `TaskSchedulerImpl`.
//!
//! Knows nothing of jobs and lineage; takes commands from `dag` and reports to it (`seam.rs`).

mod ended;
mod executors;
mod locality;
mod lost;
mod offer;
mod offers;
mod pending;
mod pool;
mod task_set;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearth_types::{ExecutorId, HostName, JobId, KillReason, StageId, TaskAttempt, TaskId, Timestamp};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::SeedableRng;

use self::executors::Executors;
use self::locality::{DelayScheduling, LocalityWaits};
use self::pending::PendingTasks;
use self::pool::Pools;
use self::task_set::TaskSet;
use crate::seam::{Command, RunningTask, TaskSetSpec, Turn};
use crate::{Action, ExecutorView, RunningView, SchedulerConf};

/// Places tasks on executors.
#[derive(Debug)]
pub(crate) struct TaskScheduler {
    executors: Executors,
    sets: BTreeMap<StageId, TaskSet>,
    /// Sets with tasks that wait, in FIFO order.
    queued: BTreeSet<(JobId, StageId)>,
    /// Sets whose tasks have preferences.
    picky: BTreeSet<StageId>,
    /// Attempts that the active set of their stage does not know of, by stage and position: those of a set that is gone.
    /// What an active set runs, it knows itself.
    strays: BTreeMap<(StageId, u32, TaskId), ExecutorId>,
    pools: Pools,
    next_task: u64,
    rng: Pcg64Mcg,
    max_failures: u32,
    waits: LocalityWaits,
    launch_ahead: Duration,
    shuffle_offers: bool,
}

impl TaskScheduler {
    pub(crate) fn new(conf: &SchedulerConf, seed: u64) -> Self {
        Self {
            executors: Executors::default(),
            sets: BTreeMap::new(),
            queued: BTreeSet::new(),
            picky: BTreeSet::new(),
            strays: BTreeMap::new(),
            pools: Pools::new(conf),
            next_task: 0,
            rng: Pcg64Mcg::seed_from_u64(seed),
            max_failures: conf.task_max_failures.max(1),
            waits: LocalityWaits { process: conf.locality_wait_process, node: conf.locality_wait_node },
            launch_ahead: conf.launch_ahead,
            shuffle_offers: conf.shuffle_offers,
        }
    }

    /// Does what `dag` says.
    pub(crate) fn perform(&mut self, turn: &mut Turn, command: Command) {
        match command {
            Command::Submit(spec) => self.submit(turn, *spec),
            Command::Cancel { stage, reason } => {
                self.drop_set(stage);
                self.kill_strays(turn, (stage, 0)..=(stage, u32::MAX), &reason);
                turn.offer_all = true;
            }
            Command::PartitionDone { stage, position } => self.on_partition_done(turn, stage, position),
            Command::ForgetCached { rdd } => {
                turn.actions.push(Action::ForgetCached { rdd, first_task: TaskId(self.next_task) });
            }
            Command::ChangeJob { stage, job, binary } => {
                if let Some(set) = self.sets.get_mut(&stage) {
                    set.job = job;
                    set.binary = binary;
                }
            }
        }
    }

    fn submit(&mut self, turn: &mut Turn, spec: TaskSetSpec) {
        let stage = spec.stage;
        self.drop_set(stage);
        let pool = self.pools.find(spec.pool.as_deref());
        let mut spec = spec;
        let queue = PendingTasks::new(spec.positions.len(), spec.locations.take(), |executor| {
            self.executors.host(executor)
        });
        let levels =
            queue.levels(|executor| self.executors.stays(executor), |host| self.executors.has_host(host));
        let mut waits = self.waits;
        if !queue.waits_for_executor() {
            waits.process = Duration::ZERO;
        }
        if queue.has_preferences() {
            self.picky.insert(stage);
        }
        let set = TaskSet::new(spec, pool, queue, DelayScheduling::new(levels, waits, turn.now));
        self.queued.insert((set.priority, stage));
        self.sets.insert(stage, set);
        turn.offer_all = true;
    }

    /// Forgets the active task set of a stage. Its attempts go on; what they bring is judged when it comes.
    fn drop_set(&mut self, stage: StageId) {
        let Some(set) = self.sets.remove(&stage) else { return };
        self.queued.remove(&(set.priority, stage));
        self.picky.remove(&stage);
        let mut executors: Vec<_> = set.running_on().collect();
        executors.sort_unstable();
        executors.dedup();
        for executor in executors {
            for task in self.executors.tasks_of(executor, stage, set.attempt) {
                self.strays.insert((stage, task.position, task.id.task), executor);
            }
        }
    }

    /// Keeps the queue in step with a set that changed; drops a complete one.
    fn after_change(&mut self, stage: StageId) {
        let Some(set) = self.sets.get(&stage) else { return };
        if set.is_complete() {
            self.drop_set(stage);
        } else if set.pending == 0 {
            self.queued.remove(&(set.priority, stage));
        } else {
            self.queued.insert((set.priority, stage));
        }
    }

    /// An older attempt of the stage made a partition: nobody else needs to.
    fn on_partition_done(&mut self, turn: &mut Turn, stage: StageId, position: u32) {
        self.kill_others(turn, stage, position);
        let Some(set) = self.sets.get_mut(&stage) else { return };
        if let Some(executor) = set.on_partition_done(position) {
            let mut attempts = self.executors.tasks_of(executor, stage, set.attempt);
            let useless = attempts.find(|task| task.position == position).map(|task| task.id.task);
            drop(attempts);
            if let Some(task) = useless {
                self.kill(turn, executor, task, &KillReason::AnotherAttemptSucceeded);
            }
        }
        self.after_change(stage);
    }

    /// Stops the strays of a partition that is done.
    fn kill_others(&mut self, turn: &mut Turn, stage: StageId, position: u32) {
        self.kill_strays(turn, (stage, position)..=(stage, position), &KillReason::AnotherAttemptSucceeded);
    }

    fn kill_strays(
        &mut self,
        turn: &mut Turn,
        range: std::ops::RangeInclusive<(StageId, u32)>,
        reason: &KillReason,
    ) {
        if self.strays.is_empty() {
            return;
        }
        let ((first, from), (last, to)) = range.into_inner();
        let range = (first, from, TaskId(0))..=(last, to, TaskId(u64::MAX));
        let strays: Vec<_> =
            self.strays.range(range).map(|((_, _, task), executor)| (*executor, *task)).collect();
        for (executor, task) in strays {
            self.kill(turn, executor, task, reason);
        }
    }

    /// Tells an attempt to stop, once, unless it has ended on its executor.
    fn kill(&mut self, turn: &mut Turn, executor: ExecutorId, task: TaskId, reason: &KillReason) {
        let Some(running) = self.executors.task_mut(executor, task) else { return };
        let told = std::mem::replace(&mut running.killed, true);
        if !told && running.reading.is_none() {
            turn.actions.push(Action::KillTask { executor, id: running.id, reason: reason.clone() });
        }
    }

    /// An attempt that was launched on an executor and has not ended.
    pub(crate) fn running(&self, executor: ExecutorId, id: TaskAttempt) -> Option<&RunningTask> {
        self.executors.task(executor, id.task).filter(|task| task.id == id)
    }

    /// An attempt whose large result is being read.
    pub(crate) fn reading(&self, id: TaskAttempt) -> Option<&RunningTask> {
        self.running(self.executors.reading(id.task)?, id)
    }

    /// Whether the attempt belongs to the active task set of its stage.
    pub(crate) fn is_current(&self, id: TaskAttempt) -> bool {
        self.sets.get(&id.stage).is_some_and(|set| set.attempt == id.stage_attempt)
    }

    /// Executors, for liveness and allocation.
    pub(crate) fn executors(&self) -> &Executors {
        &self.executors
    }

    /// See `executors`.
    pub(crate) fn executors_mut(&mut self) -> &mut Executors {
        &mut self.executors
    }

    /// When waiting for locality alone may let a task run on a slot that is free.
    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        if self.picky.is_empty() || !self.executors.any_free() {
            return None;
        }
        let waiting =
            self.picky.iter().filter_map(|stage| self.sets.get(stage)).filter(|set| set.pending > 0);
        waiting.filter_map(|set| set.delay.deadline()).min()
    }

    /// Whether no task set is active.
    pub(crate) fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.queued.is_empty() && self.picky.is_empty()
    }

    /// Whether an executor is registered and not lost.
    pub(crate) fn is_alive(&self, executor: ExecutorId) -> bool {
        self.executors.contains(executor)
    }

    /// Tasks that wait for a slot.
    pub(crate) fn pending_tasks(&self) -> u64 {
        self.queued
            .iter()
            .filter_map(|(_, stage)| self.sets.get(stage))
            .map(|set| u64::from(set.pending))
            .sum()
    }

    /// Attempts that were launched and have not ended.
    pub(crate) fn running_tasks(&self) -> u64 {
        self.executors.running()
    }

    /// Slots that are free.
    pub(crate) fn free_slots(&self) -> u64 {
        self.executors.free_slots()
    }

    pub(crate) fn executor_views(&self) -> impl Iterator<Item = ExecutorView> + '_ {
        self.executors.views().into_iter()
    }

    pub(crate) fn running_views(&self) -> impl Iterator<Item = RunningView> + '_ {
        let view = |(executor, task): (ExecutorId, &RunningTask)| RunningView {
            id: task.id,
            executor,
            launch_time: task.launch_time,
            epoch: task.epoch,
            locality: task.locality,
            killed: task.killed,
            fetching: task.reading.is_some(),
        };
        let mut views: Vec<_> = self.executors.tasks().map(view).collect();
        views.sort_unstable_by_key(|view| view.id.task);
        views.into_iter()
    }

    /// Executors came or went: places that were impossible may be possible now, and the other way round.
    fn recompute_locality(&mut self) {
        for stage in &self.picky {
            let Some(set) = self.sets.get_mut(stage) else { continue };
            let levels = set
                .queue
                .levels(|executor| self.executors.stays(executor), |host| self.executors.has_host(host));
            set.delay.set_levels(levels);
        }
    }

    /// Executors that get no more tasks.
    pub(crate) fn set_removing(&mut self, executors: &[ExecutorId]) {
        for executor in executors {
            self.executors.set_removing(*executor);
        }
        self.recompute_locality();
    }

    /// A new executor.
    pub(crate) fn add_executor(&mut self, executor: ExecutorId, host: HostName, slots: u32, now: Timestamp) {
        self.executors.add(executor, host, slots, now);
        self.recompute_locality();
    }
}
