//! The executors that live, their slots, and the attempts that are there. Spark: `ExecutorData` and the maps of
//! `TaskSchedulerImpl`.
//!
//! An attempt lies in its executor, because whoever speaks of an attempt names its executor too: the end of a task and
//! the launch of the next touch the same few cache lines, whether there are two executors or thousands.

use std::collections::{BTreeMap, VecDeque};

use hearth_types::{ExecutorId, HostName, StageId, TaskId, TaskMetrics, Timestamp};

use crate::ExecutorView;
use crate::by_id::ById;
use crate::seam::{Place, Reading, RunningTask};

/// Every registered executor.
#[derive(Debug, Default)]
pub(crate) struct Executors {
    all: ById<ExecutorId, Executor>,
    /// Those with a free slot that may get tasks, in no order.
    free: Vec<ExecutorId>,
    /// Where the attempts are whose results are being read.
    reading: BTreeMap<TaskId, ExecutorId>,
    /// How many executors of each host may get tasks.
    hosts: BTreeMap<HostName, u32>,
    total_slots: u32,
    removing: u32,
    /// Attempts on all executors.
    running: u64,
    /// Those that became idle or busy since somebody asked.
    touched: Vec<ExecutorId>,
}

/// One executor.
#[derive(Debug)]
pub(crate) struct Executor {
    pub(crate) host: HostName,
    pub(crate) slots: u32,
    /// Attempts that are there, running or waiting; not those whose results are being read.
    pub(crate) used: u32,
    pub(crate) removing: bool,
    /// Its place in the list of those that have a free slot.
    free_at: Option<u32>,
    pub(crate) last_seen: Timestamp,
    /// Attempts that have not ended, those whose results are being read too, in the order of their launch.
    pub(crate) tasks: VecDeque<RunningTask>,
}

impl Executor {
    /// Where an attempt is in `tasks`, which are sorted because numbers are given in the order of launches.
    fn find(&self, task: TaskId) -> Option<usize> {
        if self.tasks.front()?.id.task == task {
            // The oldest is the likeliest to be spoken of.
            return Some(0);
        }
        self.tasks.binary_search_by_key(&task, |running| running.id.task).ok()
    }
}

impl Executors {
    pub(crate) fn add(&mut self, executor: ExecutorId, host: HostName, slots: u32, now: Timestamp) {
        *self.hosts.entry(host.clone()).or_default() += 1;
        self.total_slots = self.total_slots.saturating_add(slots);
        let tasks = VecDeque::new();
        let new = Executor { host, slots, used: 0, removing: false, free_at: None, last_seen: now, tasks };
        self.all.insert(executor, new);
        if slots > 0 {
            self.set_free(executor);
        }
        self.touched.push(executor);
    }

    /// Takes an executor out, with its attempts.
    pub(crate) fn remove(&mut self, executor: ExecutorId) -> Option<Executor> {
        self.set_full(executor);
        let gone = self.all.swap_remove(&executor)?;
        self.running -= gone.tasks.len() as u64;
        for task in gone.tasks.iter().filter(|task| task.reading.is_some()) {
            self.reading.remove(&task.id.task);
        }
        if gone.removing {
            self.removing -= 1;
        } else {
            self.total_slots -= gone.slots;
            leave(&mut self.hosts, &gone.host);
        }
        Some(gone)
    }

    /// It was asked to go: no more tasks.
    pub(crate) fn set_removing(&mut self, executor: ExecutorId) {
        if let Some(data) = self.all.get_mut(&executor)
            && !std::mem::replace(&mut data.removing, true)
        {
            self.removing += 1;
            self.total_slots -= data.slots;
            leave(&mut self.hosts, &data.host);
            self.set_full(executor);
        }
    }

    /// An attempt occupies a slot, or waits for one there.
    pub(crate) fn on_launched(&mut self, executor: ExecutorId, task: RunningTask) {
        let Some(data) = self.all.get_mut(&executor) else { return };
        data.tasks.push_back(task);
        data.used += 1;
        let (is_full, was_idle) = (data.used == data.slots, data.used == 1);
        self.running += 1;
        if is_full {
            self.set_full(executor);
        }
        if was_idle {
            self.touched.push(executor);
        }
    }

    /// An attempt has stored its large result: its slot is free, its result is being read.
    pub(crate) fn on_reading(
        &mut self,
        executor: ExecutorId,
        task: TaskId,
        now: Timestamp,
        metrics: Box<TaskMetrics>,
    ) {
        let Some(running) = self.task_mut(executor, task) else { return };
        running.reading = Some(Box::new(Reading { since: now, metrics }));
        self.reading.insert(task, executor);
        self.on_slot_freed(executor);
    }

    /// An attempt ended for good.
    pub(crate) fn on_ended(&mut self, executor: ExecutorId, task: TaskId) -> Option<(RunningTask, Place)> {
        let data = self.all.get_mut(&executor)?;
        let ended = data.tasks.remove(data.find(task)?)?;
        let place = Place { executor, host: data.host.clone() };
        self.running -= 1;
        if ended.reading.is_some() {
            self.reading.remove(&task);
        } else {
            self.on_slot_freed(executor);
        }
        Some((ended, place))
    }

    fn on_slot_freed(&mut self, executor: ExecutorId) {
        let Some(data) = self.all.get_mut(&executor) else { return };
        data.used -= 1;
        let (has_room, is_idle) = (data.used + 1 == data.slots && !data.removing, data.used == 0);
        if has_room {
            self.set_free(executor);
        }
        if is_idle {
            self.touched.push(executor);
        }
    }

    fn set_free(&mut self, executor: ExecutorId) {
        if let Some(data) = self.all.get_mut(&executor)
            && data.free_at.is_none()
        {
            data.free_at = u32::try_from(self.free.len()).ok();
            self.free.push(executor);
        }
    }

    fn set_full(&mut self, executor: ExecutorId) {
        let Some(at) = self.all.get_mut(&executor).and_then(|data| data.free_at.take()) else { return };
        self.free.swap_remove(at as usize);
        if let Some(moved) = self.free.get(at as usize).and_then(|last| self.all.get_mut(last)) {
            moved.free_at = Some(at);
        }
    }

    pub(crate) fn get(&self, executor: ExecutorId) -> Option<&Executor> {
        self.all.get(&executor)
    }

    pub(crate) fn contains(&self, executor: ExecutorId) -> bool {
        self.all.contains_key(&executor)
    }

    /// An attempt that is on an executor.
    pub(crate) fn task(&self, executor: ExecutorId, task: TaskId) -> Option<&RunningTask> {
        let data = self.all.get(&executor)?;
        data.tasks.get(data.find(task)?)
    }

    /// The same, to change it.
    pub(crate) fn task_mut(&mut self, executor: ExecutorId, task: TaskId) -> Option<&mut RunningTask> {
        let data = self.all.get_mut(&executor)?;
        let at = data.find(task)?;
        data.tasks.get_mut(at)
    }

    /// The executor of an attempt whose result is being read.
    pub(crate) fn reading(&self, task: TaskId) -> Option<ExecutorId> {
        self.reading.get(&task).copied()
    }

    /// The attempts of a stage attempt that are on an executor, in the order of their launch.
    pub(crate) fn tasks_of(
        &self,
        executor: ExecutorId,
        stage: StageId,
        stage_attempt: u32,
    ) -> impl Iterator<Item = &RunningTask> + '_ {
        let tasks = self.all.get(&executor).into_iter().flat_map(|data| &data.tasks);
        tasks.filter(move |task| (task.id.stage, task.id.stage_attempt) == (stage, stage_attempt))
    }

    /// Every attempt, in no order.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (ExecutorId, &RunningTask)> + '_ {
        self.all.iter().flat_map(|(executor, data)| data.tasks.iter().map(|task| (*executor, task)))
    }

    /// How many attempts there are.
    pub(crate) fn running(&self) -> u64 {
        self.running
    }

    /// Whether it may get tasks.
    pub(crate) fn stays(&self, executor: ExecutorId) -> bool {
        self.all.get(&executor).is_some_and(|data| !data.removing)
    }

    pub(crate) fn host(&self, executor: ExecutorId) -> Option<HostName> {
        self.all.get(&executor).map(|data| data.host.clone())
    }

    pub(crate) fn place(&self, executor: ExecutorId) -> Option<Place> {
        Some(Place { executor, host: self.host(executor)? })
    }

    pub(crate) fn has_host(&self, host: &HostName) -> bool {
        self.hosts.contains_key(host)
    }

    /// It said something.
    pub(crate) fn on_seen(&mut self, executor: ExecutorId, now: Timestamp) {
        if let Some(data) = self.all.get_mut(&executor) {
            data.last_seen = now;
        }
    }

    /// How many may get tasks.
    pub(crate) fn staying(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX) - self.removing
    }

    /// Slots of those that may get tasks.
    pub(crate) fn total_slots(&self) -> u32 {
        self.total_slots
    }

    pub(crate) fn any_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Whether it has a free slot and may get tasks.
    pub(crate) fn is_free(&self, executor: ExecutorId) -> bool {
        self.all.get(&executor).is_some_and(|data| data.free_at.is_some())
    }

    /// Those with a free slot, in no order.
    pub(crate) fn free(&self) -> &[ExecutorId] {
        &self.free
    }

    pub(crate) fn free_slots(&self) -> u64 {
        let free = self.free.iter().filter_map(|executor| self.all.get(executor));
        free.map(|data| u64::from(data.slots.saturating_sub(data.used))).sum()
    }

    /// All, in no order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ExecutorId> + '_ {
        self.all.keys().copied()
    }

    /// Those that became idle or busy since the last call; may name one twice, or one that is gone.
    pub(crate) fn take_touched(&mut self) -> Vec<ExecutorId> {
        std::mem::take(&mut self.touched)
    }

    /// The same, when nobody wants to know.
    pub(crate) fn clear_touched(&mut self) {
        self.touched.clear();
    }

    /// All, by id.
    pub(crate) fn views(&self) -> Vec<ExecutorView> {
        let view = |(executor, data): (&ExecutorId, &Executor)| ExecutorView {
            executor: *executor,
            host: data.host.clone(),
            slots: data.slots,
            tasks: data.used,
            removing: data.removing,
        };
        let mut views: Vec<_> = self.all.iter().map(view).collect();
        views.sort_unstable_by_key(|view| view.executor);
        views
    }
}

/// One executor less on a host that may get tasks.
fn leave(hosts: &mut BTreeMap<HostName, u32>, host: &HostName) {
    if let Some(count) = hosts.get_mut(host) {
        *count -= 1;
        if *count == 0 {
            hosts.remove(host);
        }
    }
}
