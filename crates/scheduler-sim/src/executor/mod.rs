//! A pretended executor: slots, a queue of tasks launched ahead, a cache, and messages to the driver.
//!
//! It does what the real executor does, in the same order, but computes symbolic contents and takes virtual time.

mod compute;
mod task;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hearth_scheduler::{Event, TaskEnd};
use hearth_types::{
    BlockUpdate, ExecutorId, HostName, KillReason, MapStatus, RddId, ShuffleId, StorageLevel, TaskAttempt,
    TaskDescription, TaskEndReason, TaskId, TaskMetrics,
};

use crate::blocks::Blocks;
use crate::content::Content;
use crate::plan::Plan;
use crate::random::Random;
use compute::Locations;
use task::{Phase, Running};

/// Something that happens inside of an executor's process, or reaches it.
#[derive(Clone, Debug)]
pub enum Inside {
    /// `Action::LaunchTask` arrives.
    Launch(TaskDescription),
    /// `Action::KillTask` arrives.
    Kill(TaskAttempt, KillReason),
    /// `Action::AnswerCommit` arrives.
    CommitAnswer(TaskAttempt, bool),
    /// `Action::SendMapOutputs` arrives.
    MapOutputs(ShuffleId, u64, Arc<[Option<MapStatus>]>),
    /// `Action::RemoveShuffle` arrives.
    RemoveShuffle(ShuffleId),
    /// An RDD was unpersisted.
    DropRdd(RddId),
    /// `Action::ForgetCached` arrives.
    ForgetCached(RddId, TaskId),
    /// A cached partition is evicted, if there is any.
    DropBlock,
    /// Time to say that it lives.
    Heartbeat,
    /// A task begins to read its input.
    Read(TaskId),
    /// A task has computed.
    Computed(TaskId),
    /// A task has committed its output.
    Committed(TaskId),
    /// A task ends without success.
    Fail(TaskId, TaskEndReason),
}

/// What an executor does about it.
#[derive(Debug)]
pub enum Effect {
    /// Tells the driver; a result's content goes along.
    Say(Event, Option<Content>),
    /// Goes on after a while.
    Later(Duration, Inside),
    /// An attempt moved its output to its final place.
    Commit(TaskAttempt),
}

/// What the executors share with the world around them.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Chance.
    pub random: &'a mut Random,
    /// Whether faults still happen.
    pub faulty: bool,
    /// What everybody holds.
    pub blocks: &'a mut Blocks,
    /// For each job of the plan: which RDDs were persisted when it was submitted.
    pub persisted: &'a [Vec<bool>],
}

/// One executor process.
#[derive(Debug)]
pub struct Executor {
    /// Its number.
    pub id: ExecutorId,
    /// Its machine.
    pub host: HostName,
    slots: u32,
    queue: VecDeque<TaskDescription>,
    running: BTreeMap<TaskId, Running>,
    locations: Locations,
    asked: BTreeSet<ShuffleId>,
    forgotten: BTreeMap<RddId, TaskId>,
    effects: Vec<Effect>,
}

impl Executor {
    /// A fresh process.
    pub fn new(id: ExecutorId, host: HostName, slots: u32) -> Self {
        Self {
            id,
            host,
            slots,
            queue: VecDeque::new(),
            running: BTreeMap::new(),
            locations: BTreeMap::new(),
            asked: BTreeSet::new(),
            forgotten: BTreeMap::new(),
            effects: Vec::new(),
        }
    }

    /// How many tasks it runs now.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether it has anything to do.
    pub fn is_busy(&self) -> bool {
        !self.running.is_empty() || !self.queue.is_empty()
    }

    /// Lets one thing happen and returns what follows, in order.
    pub fn on(&mut self, inside: Inside, around: &mut Surroundings<'_>) -> Vec<Effect> {
        match inside {
            Inside::Launch(description) => self.queue.push_back(description),
            Inside::Kill(id, reason) => self.on_kill(id, reason, around.random),
            Inside::CommitAnswer(id, allowed) => self.on_commit_answer(id, allowed, around.random),
            Inside::MapOutputs(shuffle, epoch, outputs) => {
                self.on_map_outputs(shuffle, epoch, outputs, around)
            }
            Inside::RemoveShuffle(shuffle) => {
                around.blocks.remove_shuffle(self.id, shuffle);
                self.locations.remove(&shuffle);
            }
            Inside::DropRdd(rdd) => {
                self.forgotten.remove(&rdd);
                around.blocks.drop_rdd(self.id, rdd);
            }
            Inside::ForgetCached(rdd, first_task) => {
                self.forgotten.insert(rdd, first_task);
                around.blocks.drop_rdd(self.id, rdd);
            }
            Inside::DropBlock => self.on_drop_block(around),
            Inside::Heartbeat => self.say(Event::Heartbeat { executor: self.id }),
            Inside::Read(task) => self.on_read(task, around),
            Inside::Computed(task) => self.on_computed(task, around),
            Inside::Committed(task) => self.on_committed(task, around),
            Inside::Fail(task, reason) => self.fail(task, reason),
        }
        self.start_tasks(around);
        std::mem::take(&mut self.effects)
    }

    fn say(&mut self, event: Event) {
        self.effects.push(Effect::Say(event, None));
    }

    fn later(&mut self, delay: Duration, inside: Inside) {
        self.effects.push(Effect::Later(delay, inside));
    }

    fn start_tasks(&mut self, around: &mut Surroundings<'_>) {
        while self.running.len() < self.slots as usize
            && let Some(description) = self.queue.pop_front()
        {
            let task = description.id.task;
            let mean = around
                .plan
                .binary(description.binary)
                .map_or(Duration::from_millis(1), |binary| around.plan.work(binary.rdd));
            let run_time = around.random.around(mean);
            let read_at = around.random.up_to(run_time);
            self.running.insert(task, Running::new(description, run_time, run_time - read_at));
            self.later(read_at, Inside::Read(task));
        }
    }

    fn on_map_outputs(
        &mut self,
        shuffle: ShuffleId,
        epoch: u64,
        outputs: Arc<[Option<MapStatus>]>,
        around: &mut Surroundings<'_>,
    ) {
        self.asked.remove(&shuffle);
        if self.locations.get(&shuffle).is_none_or(|(known, _)| *known <= epoch) {
            self.locations.insert(shuffle, (epoch, outputs));
        }
        let waiting = |running: &&Running| running.phase == Phase::WaitsForLocations(shuffle);
        let waiting: Vec<_> =
            self.running.values().filter(waiting).map(|running| running.description.id.task).collect();
        for task in waiting {
            self.on_read(task, around);
        }
    }

    fn on_drop_block(&mut self, around: &mut Surroundings<'_>) {
        let cached = around.blocks.cached_of(self.id);
        if let Some(&(rdd, partition)) = around.random.pick(&cached) {
            around.blocks.drop_cached(self.id, rdd, partition);
            let level = StorageLevel::NONE;
            let update = BlockUpdate { rdd, partition, level, memory_size: 0, disk_size: 0 };
            self.say(Event::BlockUpdated { executor: self.id, update });
        }
    }

    fn end(&mut self, task: TaskId, end: TaskEnd, content: Option<Content>) {
        if let Some(running) = self.running.remove(&task) {
            let micros = running.run_time.as_micros() as u64;
            let metrics = TaskMetrics {
                executor_run_micros: micros,
                executor_run_millis: micros / 1_000,
                ..TaskMetrics::default()
            };
            let event = Event::TaskEnded {
                id: running.description.id,
                executor: self.id,
                end,
                metrics: Box::new(metrics),
            };
            self.effects.push(Effect::Say(event, content));
        }
    }

    fn fail(&mut self, task: TaskId, reason: TaskEndReason) {
        self.end(task, TaskEnd::Failed(Arc::new(reason)), None);
    }
}
