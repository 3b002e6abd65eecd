//! One attempt on a pretended executor: reads, computes, asks to commit, ends.

use std::time::Duration;

use hearth_scheduler::{Event, TaskEnd};
use hearth_types::{
    BlockUpdate, ExceptionKind, KillReason, MapSizes, ShuffleId, StageKind, StorageLevel, TaskAttempt,
    TaskDescription, TaskEndReason, TaskId,
};

use super::compute::{Compute, Stop};
use super::{Executor, Inside, Surroundings};
use crate::content::Content;
use crate::random::Random;

/// An attempt that holds a slot.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) description: TaskDescription,
    pub(super) phase: Phase,
    pub(super) run_time: Duration,
    compute_time: Duration,
    content: Content,
}

/// How far an attempt is. It moves forward only, but for waiting more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has not read anything yet.
    Starts,
    /// It has asked where a shuffle's outputs are.
    WaitsForLocations(ShuffleId),
    /// It has read everything.
    Computes,
    /// It has asked whether it may commit.
    WaitsForCommit,
    /// It commits and cannot be stopped any more.
    Commits,
    /// It will end without success.
    Fails,
}

impl Running {
    pub(super) fn new(description: TaskDescription, run_time: Duration, compute_time: Duration) -> Self {
        Self { description, phase: Phase::Starts, run_time, compute_time, content: Content::of(0) }
    }
}

impl Executor {
    pub(super) fn on_read(&mut self, task: TaskId, around: &mut Surroundings<'_>) {
        let Some(running) = self.running.get_mut(&task) else { return };
        match running.phase {
            Phase::Starts | Phase::WaitsForLocations(_) => {}
            Phase::Computes | Phase::WaitsForCommit | Phase::Commits | Phase::Fails => return,
        }
        let Some(binary) = around.plan.binary(running.description.binary) else { return };
        let persisted = around.persisted.get(binary.job).map_or(&[][..], Vec::as_slice);
        let mut compute = Compute {
            lineage: &around.plan.lineage,
            blocks: around.blocks,
            executor: self.id,
            locations: &self.locations,
            epoch: running.description.epoch,
            persisted,
            fresh: Vec::new(),
            reads: 0,
        };
        let found = compute.partition(binary.rdd, running.description.id.partition);
        let (fresh, reads) = (compute.fresh, compute.reads);
        match found {
            Err(Stop::Locations(shuffle)) => {
                running.phase = Phase::WaitsForLocations(shuffle);
                if self.asked.insert(shuffle) {
                    self.say(Event::MapOutputsRequested { executor: self.id, shuffle });
                }
            }
            Err(Stop::Fetch { shuffle, map, reduce, from }) => {
                running.phase = Phase::Fails;
                let reason = fetch_failed(shuffle, map, reduce, from);
                let retries = around.random.up_to(Duration::from_millis(400));
                self.later(retries, Inside::Fail(task, reason));
            }
            Ok(_) if reads > 0 && around.faulty && around.random.chance(around.plan.faults.fetch_blip) => {
                running.phase = Phase::Fails;
                let reason = self.blip(task, around);
                self.later(Duration::from_millis(1), Inside::Fail(task, reason));
            }
            Ok(content) => {
                running.content = content;
                running.phase = Phase::Computes;
                let compute_time = running.compute_time;
                for (rdd, partition, content) in fresh {
                    let may_store = self.forgotten.get(&rdd).is_none_or(|first| task >= *first);
                    if may_store && around.blocks.put_cached(self.id, rdd, partition, content) {
                        let level = StorageLevel::MEMORY_ONLY;
                        let update = BlockUpdate { rdd, partition, level, memory_size: 100, disk_size: 0 };
                        self.say(Event::BlockUpdated { executor: self.id, update });
                    }
                }
                self.later(compute_time, Inside::Computed(task));
            }
        }
    }

    /// A read that fails although the output is there: any output of any shuffle whose locations are known.
    fn blip(&self, task: TaskId, around: &mut Surroundings<'_>) -> TaskEndReason {
        let reduce = self.running.get(&task).map_or(0, |running| running.description.id.partition);
        let needed =
            self.running.get(&task).and_then(|running| around.plan.binary(running.description.binary));
        let needed = needed.map(|binary| around.plan.lineage.shuffles_of(binary.rdd)).unwrap_or_default();
        let known: Vec<_> = needed
            .iter()
            .filter_map(|shuffle| self.locations.get_key_value(shuffle))
            .flat_map(|(shuffle, (_, outputs))| {
                outputs.iter().enumerate().map(move |(at, status)| (shuffle, at, status))
            })
            .filter_map(|(shuffle, at, status)| {
                status.as_ref().map(|status| (*shuffle, at as u32, status.executor))
            })
            .collect();
        match around.random.pick(&known) {
            Some(&(shuffle, map, from)) => fetch_failed(shuffle, Some(map), reduce, Some(from)),
            None => failure(ExceptionKind::User),
        }
    }

    pub(super) fn on_computed(&mut self, task: TaskId, around: &mut Surroundings<'_>) {
        let faults = &around.plan.faults;
        let Some(running) = self.running.get_mut(&task) else { return };
        if running.phase != Phase::Computes {
            return;
        }
        if around.faulty && around.random.chance(faults.final_failure) {
            return self.fail(task, failure(ExceptionKind::NotSerializable));
        }
        if around.faulty && around.random.chance(faults.user_failure) {
            return self.fail(task, failure(ExceptionKind::User));
        }
        let Some(binary) = around.plan.binary(running.description.binary) else { return };
        let commits = around.plan.jobs.get(binary.job).is_some_and(|job| job.commits);
        match binary.kind {
            StageKind::Result { .. } if commits => {
                running.phase = Phase::WaitsForCommit;
                let id = running.description.id;
                self.say(Event::CommitRequested { id, executor: self.id });
            }
            StageKind::Result { .. } | StageKind::ShuffleMap { .. } => self.succeed(task, around),
        }
    }

    pub(super) fn on_commit_answer(&mut self, id: TaskAttempt, allowed: bool, random: &mut Random) {
        let Some(running) = self.running.get_mut(&id.task) else { return };
        if running.phase != Phase::WaitsForCommit {
            return;
        }
        if allowed {
            running.phase = Phase::Commits;
            self.later(random.up_to(Duration::from_millis(300)), Inside::Committed(id.task));
        } else {
            self.fail(id.task, TaskEndReason::TaskCommitDenied);
        }
    }

    pub(super) fn on_committed(&mut self, task: TaskId, around: &mut Surroundings<'_>) {
        let Some(running) = self.running.get(&task) else { return };
        self.effects.push(super::Effect::Commit(running.description.id));
        self.succeed(task, around);
    }

    fn succeed(&mut self, task: TaskId, around: &mut Surroundings<'_>) {
        let Some(running) = self.running.get(&task) else { return };
        let Some(binary) = around.plan.binary(running.description.binary) else { return };
        match binary.kind {
            StageKind::ShuffleMap { shuffle, reduces } => {
                let mut content = running.content.clone();
                let checksum = around.plan.checksum(shuffle, task, &content.made_of);
                if checksum > 0 {
                    content.made_of.add_output(shuffle, running.description.id.partition, checksum);
                }
                around.blocks.put_output(self.id, shuffle, task, content);
                let sizes: Vec<u64> = (0..reduces).map(|_| around.random.below(5) * 100).collect();
                self.end(task, TaskEnd::MapOutput { sizes: MapSizes::from_bytes(&sizes), checksum }, None);
            }
            StageKind::Result { .. } => {
                let stored = around.plan.jobs.get(binary.job).map_or(0, |job| job.stored_result);
                let content = running.content.clone();
                if stored == 0 {
                    return self.end(task, TaskEnd::Result { size: 100 }, Some(content));
                }
                around.blocks.put_result(self.id, task, content);
                self.end(task, TaskEnd::IndirectResult { size: stored }, None);
            }
        }
    }

    pub(super) fn on_kill(&mut self, id: TaskAttempt, reason: KillReason, random: &mut Random) {
        if let Some(at) = self.queue.iter().position(|queued| queued.id == id)
            && let Some(queued) = self.queue.remove(at)
        {
            self.running.insert(id.task, Running::new(queued, Duration::ZERO, Duration::ZERO));
            return self.fail(id.task, TaskEndReason::TaskKilled(reason));
        }
        let Some(running) = self.running.get_mut(&id.task) else { return };
        match running.phase {
            Phase::Commits | Phase::Fails => {}
            Phase::Starts | Phase::WaitsForLocations(_) | Phase::Computes | Phase::WaitsForCommit => {
                let deaf = random.chance(300);
                if !deaf {
                    running.phase = Phase::Fails;
                    let notice = random.up_to(Duration::from_millis(50));
                    self.later(notice, Inside::Fail(id.task, TaskEndReason::TaskKilled(reason)));
                }
            }
        }
    }
}

fn fetch_failed(
    shuffle: ShuffleId,
    map_index: Option<u32>,
    reduce: u32,
    from: Option<hearth_types::ExecutorId>,
) -> TaskEndReason {
    TaskEndReason::FetchFailed { shuffle, map_index, reduce, from, message: "cannot read".to_owned() }
}

fn failure(kind: ExceptionKind) -> TaskEndReason {
    TaskEndReason::ExceptionFailure { kind, message: "thrown".to_owned(), backtrace: String::new() }
}
