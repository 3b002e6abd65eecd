//! The tasks of one set that wait for a slot. Spark: `PendingTasksByLocality`.
//!
//! Without preferences there are no lists at all: a cursor over tasks that never ran, and a stack of those that came
//! back. With preferences there is one list per place, and a task stays in every list that names it until some list
//! hands it out; the others then skip it.

use std::collections::BTreeMap;

use hearth_types::{ExecutorId, HostName, TaskLocality};

use super::task_set::TaskState;
use crate::seam::{Location, Locations};

/// Which tasks wait, by where they like to run.
#[derive(Debug)]
pub(crate) struct PendingTasks {
    next: u32,
    returned: Vec<u32>,
    local: Option<Box<LocalTasks>>,
}

#[derive(Debug)]
struct LocalTasks {
    locations: Locations,
    by_executor: BTreeMap<ExecutorId, Vec<u32>>,
    by_host: BTreeMap<HostName, Vec<u32>>,
    no_preference: Vec<u32>,
    waits_for_executor: bool,
}

impl PendingTasks {
    /// Tasks `0..len`. `host_of` knows the executors that live; places on others are dropped.
    pub(crate) fn new(
        len: u32,
        locations: Option<Locations>,
        host_of: impl Fn(ExecutorId) -> Option<HostName>,
    ) -> Self {
        let local = locations.map(|locations| {
            let waits_for_executor =
                locations.lists.iter().flatten().any(|place| matches!(place, Location::Cached(_)));
            let mut local = LocalTasks {
                locations,
                by_executor: BTreeMap::new(),
                by_host: BTreeMap::new(),
                no_preference: Vec::new(),
                waits_for_executor,
            };
            // Lists are taken from the end, so the lowest index goes in last.
            for index in (0..len).rev() {
                local.add(index, &host_of);
            }
            Box::new(local)
        });
        Self { next: 0, returned: Vec::new(), local }
    }

    /// Whether any task may have a preference.
    pub(crate) fn has_preferences(&self) -> bool {
        self.local.is_some()
    }

    /// Whether some task waits for the executor that caches its input, and not just for a host.
    pub(crate) fn waits_for_executor(&self) -> bool {
        self.local.as_ref().is_some_and(|local| local.waits_for_executor)
    }

    /// A task came back.
    pub(crate) fn add(&mut self, index: u32, host_of: impl Fn(ExecutorId) -> Option<HostName>) {
        self.returned.push(index);
        if let Some(local) = &mut self.local {
            local.add(index, &host_of);
        }
    }

    /// The next task for an executor within the allowed locality, and how local it is there.
    pub(crate) fn take(
        &mut self,
        states: &[TaskState],
        executor: ExecutorId,
        host: &HostName,
        allowed: TaskLocality,
    ) -> Option<(u32, TaskLocality)> {
        let Some(local) = &mut self.local else {
            // Spark shows tasks without preference as process local.
            let free = allowed >= TaskLocality::NoPref;
            return free
                .then(|| self.take_any(states))
                .flatten()
                .map(|index| (index, TaskLocality::ProcessLocal));
        };
        if let Some(index) = local.by_executor.get_mut(&executor).and_then(|list| pop(list, states)) {
            return Some((index, TaskLocality::ProcessLocal));
        }
        if allowed >= TaskLocality::NodeLocal
            && let Some(index) = local.by_host.get_mut(host).and_then(|list| pop(list, states))
        {
            return Some((index, TaskLocality::NodeLocal));
        }
        if allowed >= TaskLocality::NoPref
            && let Some(index) = pop(&mut local.no_preference, states)
        {
            return Some((index, TaskLocality::ProcessLocal));
        }
        if allowed >= TaskLocality::Any {
            return self.take_any(states).map(|index| (index, TaskLocality::Any));
        }
        None
    }

    fn take_any(&mut self, states: &[TaskState]) -> Option<u32> {
        if let Some(index) = pop(&mut self.returned, states) {
            return Some(index);
        }
        while let Some(state) = states.get(self.next as usize) {
            self.next += 1;
            if *state == TaskState::Pending {
                return Some(self.next - 1);
            }
        }
        None
    }

    /// Whether any task waits that would be this local somewhere.
    pub(crate) fn has_more(&mut self, states: &[TaskState], level: TaskLocality) -> bool {
        let Some(local) = &mut self.local else { return level >= TaskLocality::NoPref };
        match level {
            TaskLocality::ProcessLocal => any_left(&mut local.by_executor, states),
            TaskLocality::NodeLocal => any_left(&mut local.by_host, states),
            TaskLocality::NoPref => left(&mut local.no_preference, states),
            TaskLocality::Any => true,
        }
    }

    /// Levels that make sense now, best first. Spark: `computeValidLocalityLevels`.
    pub(crate) fn levels(
        &self,
        is_alive: impl Fn(ExecutorId) -> bool,
        has_host: impl Fn(&HostName) -> bool,
    ) -> Vec<TaskLocality> {
        let Some(local) = &self.local else { return vec![TaskLocality::NoPref, TaskLocality::Any] };
        let mut levels = Vec::with_capacity(4);
        if local.by_executor.keys().any(|executor| is_alive(*executor)) {
            levels.push(TaskLocality::ProcessLocal);
        }
        if local.by_host.keys().any(has_host) {
            levels.push(TaskLocality::NodeLocal);
        }
        if !local.no_preference.is_empty() {
            levels.push(TaskLocality::NoPref);
        }
        levels.push(TaskLocality::Any);
        levels
    }
}

impl LocalTasks {
    fn add(&mut self, index: u32, host_of: &impl Fn(ExecutorId) -> Option<HostName>) {
        let list =
            self.locations.of.get(index as usize).and_then(|list| self.locations.lists.get(*list as usize));
        let mut placed = false;
        for place in list.into_iter().flatten() {
            let host = match place {
                Location::Cached(executor) | Location::Shuffle(executor) => {
                    let Some(host) = host_of(*executor) else { continue };
                    self.by_executor.entry(*executor).or_default().push(index);
                    host
                }
                Location::Host(host) => host.clone(),
            };
            placed = true;
            let list = self.by_host.entry(host).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        }
        if !placed {
            self.no_preference.push(index);
        }
    }
}

/// Takes the last task that still waits; drops those that do not.
fn pop(list: &mut Vec<u32>, states: &[TaskState]) -> Option<u32> {
    while let Some(index) = list.pop() {
        if states.get(index as usize) == Some(&TaskState::Pending) {
            return Some(index);
        }
    }
    None
}

/// Whether a task of the list still waits; drops those at its end that do not.
fn left(list: &mut Vec<u32>, states: &[TaskState]) -> bool {
    while let Some(index) = list.last() {
        if states.get(*index as usize) == Some(&TaskState::Pending) {
            return true;
        }
        list.pop();
    }
    false
}

/// Whether any list has a task that still waits; drops lists that have none.
fn any_left<K: Ord>(lists: &mut BTreeMap<K, Vec<u32>>, states: &[TaskState]) -> bool {
    while let Some(mut list) = lists.first_entry() {
        if left(list.get_mut(), states) {
            return true;
        }
        list.remove();
    }
    false
}
