//! The executors that live, and their slots. Spark: `ExecutorData` and the maps of `TaskSchedulerImpl`.

use std::collections::{BTreeMap, BTreeSet};

use hearth_types::{ExecutorId, HostName, TaskId, Timestamp};

use crate::ExecutorView;

/// Every registered executor.
#[derive(Debug, Default)]
pub(crate) struct Executors {
    all: BTreeMap<ExecutorId, Executor>,
    /// Those with a free slot that may get tasks.
    free: BTreeSet<ExecutorId>,
    /// How many executors of each host may get tasks.
    hosts: BTreeMap<HostName, u32>,
    total_slots: u32,
    removing: u32,
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
    pub(crate) last_seen: Timestamp,
    /// Attempts that have not ended, those whose results are being read too.
    pub(crate) tasks: BTreeSet<TaskId>,
}

impl Executors {
    pub(crate) fn add(&mut self, executor: ExecutorId, host: HostName, slots: u32, now: Timestamp) {
        *self.hosts.entry(host.clone()).or_default() += 1;
        self.total_slots = self.total_slots.saturating_add(slots);
        let new = Executor { host, slots, used: 0, removing: false, last_seen: now, tasks: BTreeSet::new() };
        self.all.insert(executor, new);
        if slots > 0 {
            self.free.insert(executor);
        }
        self.touched.push(executor);
    }

    pub(crate) fn remove(&mut self, executor: ExecutorId) -> Option<Executor> {
        let gone = self.all.remove(&executor)?;
        self.free.remove(&executor);
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
            self.free.remove(&executor);
            leave(&mut self.hosts, &data.host);
        }
    }

    /// An attempt occupies a slot, or waits for one there.
    pub(crate) fn on_launched(&mut self, executor: ExecutorId, task: TaskId) {
        let Some(data) = self.all.get_mut(&executor) else { return };
        data.tasks.insert(task);
        data.used += 1;
        if data.used == data.slots {
            self.free.remove(&executor);
        }
        if data.used == 1 {
            self.touched.push(executor);
        }
    }

    /// An attempt no longer needs its slot.
    pub(crate) fn on_slot_freed(&mut self, executor: ExecutorId) {
        let Some(data) = self.all.get_mut(&executor) else { return };
        data.used -= 1;
        if data.used + 1 == data.slots && !data.removing {
            self.free.insert(executor);
        }
        if data.used == 0 {
            self.touched.push(executor);
        }
    }

    /// An attempt ended for good.
    pub(crate) fn on_ended(&mut self, executor: ExecutorId, task: TaskId) {
        if let Some(data) = self.all.get_mut(&executor) {
            data.tasks.remove(&task);
        }
    }

    pub(crate) fn get(&self, executor: ExecutorId) -> Option<&Executor> {
        self.all.get(&executor)
    }

    pub(crate) fn contains(&self, executor: ExecutorId) -> bool {
        self.all.contains_key(&executor)
    }

    /// Whether it may get tasks.
    pub(crate) fn stays(&self, executor: ExecutorId) -> bool {
        self.all.get(&executor).is_some_and(|data| !data.removing)
    }

    pub(crate) fn host(&self, executor: ExecutorId) -> Option<HostName> {
        self.all.get(&executor).map(|data| data.host.clone())
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

    /// Whether any of these has a free slot; `all_free` says that they were all that had one.
    pub(crate) fn any_free_of(&self, offers: &[ExecutorId], all_free: bool) -> bool {
        if all_free { self.any_free() } else { offers.iter().any(|executor| self.free.contains(executor)) }
    }

    /// Those with a free slot, by id.
    pub(crate) fn free(&self) -> impl Iterator<Item = ExecutorId> + '_ {
        self.free.iter().copied()
    }

    pub(crate) fn free_slots(&self) -> u64 {
        let free = self.free.iter().filter_map(|executor| self.all.get(executor));
        free.map(|data| u64::from(data.slots.saturating_sub(data.used))).sum()
    }

    /// All, by id.
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

    pub(crate) fn views(&self) -> impl Iterator<Item = ExecutorView> + '_ {
        self.all.iter().map(|(executor, data)| ExecutorView {
            executor: *executor,
            host: data.host.clone(),
            slots: data.slots,
            tasks: data.used,
            removing: data.removing,
        })
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
