//! No stage starts while a map output that it reads is missing.
//!
//! This is judged twice. By what was told: an output is there when an executor said so that is not lost since.
//! By what the scheduler itself has registered once it is quiet, where fewer may be left, for instance after a fetch that
//! failed.
//! What a fully cached RDD hides does not count, and neither does what only an RDD without partitions would read, as in
//! Spark (`getCacheLocs`).

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, Event, TaskEnd};
use hearth_types::{Dependency, ExecutorId, ListenerEvent, RddId, ShuffleId, StageInfo, StageKind};

use super::{Check, Invariant, Look, Seen, require};
use crate::plan::Plan;

/// Follows map outputs and cached partitions.
#[derive(Debug)]
pub(super) struct ParentsComeFirst<'p> {
    plan: &'p Plan,
    outputs: BTreeMap<(ShuffleId, u32), BTreeSet<ExecutorId>>,
    cached: BTreeMap<(RddId, u32), BTreeSet<ExecutorId>>,
    submitted: Vec<StageInfo>,
}

impl<'p> ParentsComeFirst<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self { plan, outputs: BTreeMap::new(), cached: BTreeMap::new(), submitted: Vec::new() }
    }

    fn lose(&mut self, executor: ExecutorId) {
        for holders in self.outputs.values_mut().chain(self.cached.values_mut()) {
            holders.remove(&executor);
        }
    }

    fn is_cached(&self, stage: &StageInfo, rdd: RddId) -> bool {
        let mut infos = stage.rdds.iter();
        let persisted = infos.any(|info| info.id == rdd && info.storage_level.is_valid());
        let held = |partition| self.cached.get(&(rdd, partition)).is_some_and(|holders| !holders.is_empty());
        persisted && (0..self.plan.lineage.partitions(rdd)).all(held)
    }

    /// Nobody reads it, so what it would be computed from need not be there.
    fn is_empty(&self, rdd: RddId) -> bool {
        self.plan.lineage.partitions(rdd) == 0
    }

    fn check(&self, stage: &StageInfo, has: impl Fn(ShuffleId, u32) -> bool) -> Check {
        let mut open: Vec<RddId> = stage.rdds.first().map(|rdd| rdd.id).into_iter().collect();
        while let Some(rdd) = open.pop() {
            if self.is_empty(rdd) || self.is_cached(stage, rdd) {
                continue;
            }
            for dependency in self.plan.lineage.dependencies(rdd) {
                match dependency {
                    Dependency::Narrow { parent, .. } => open.push(*parent),
                    Dependency::Shuffle { shuffle, .. } => {
                        for map in 0..self.plan.maps(*shuffle) {
                            require(has(*shuffle, map), || {
                                let StageInfo { stage, attempt, .. } = stage;
                                format!(
                                    "stage {stage}.{attempt} starts without map output {map} of shuffle {shuffle}"
                                )
                            })?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl Invariant for ParentsComeFirst<'_> {
    fn name(&self) -> &'static str {
        "parents_first"
    }

    fn sentence(&self) -> &'static str {
        "no stage starts while a map output that it reads is missing"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        match event {
            Event::TaskEnded { id, executor, end: TaskEnd::MapOutput { .. }, .. }
                if seen.is_alive(*executor) =>
            {
                let binary = seen.tasks.get(&id.task).and_then(|task| self.plan.binary(task.binary));
                if let Some(StageKind::ShuffleMap { shuffle, .. }) = binary.map(|binary| &binary.kind) {
                    self.outputs.entry((*shuffle, id.partition)).or_default().insert(*executor);
                }
            }
            Event::ExecutorLost { executor, .. } => self.lose(*executor),
            Event::BlockUpdated { executor, update } if seen.is_alive(*executor) => {
                let holders = self.cached.entry((update.rdd, update.partition)).or_default();
                if update.level.is_valid() {
                    holders.insert(*executor);
                } else {
                    holders.remove(executor);
                }
            }
            Event::RddUnpersisted { rdd } => self.cached.retain(|(of, _), _| of != rdd),
            Event::ShuffleReleased { shuffle } => self.outputs.retain(|(of, _), _| of != shuffle),
            _ => {}
        }
        Ok(())
    }

    fn on_action(&mut self, _: &Seen, action: &Action) -> Check {
        match action {
            Action::AbandonExecutor { executor } => {
                // It may have been found silent after the stage was submitted.
                self.submitted.clear();
                self.lose(*executor);
                Ok(())
            }
            Action::Post(ListenerEvent::StageSubmitted { stage, .. }) => {
                self.submitted.push(stage.clone());
                let told = |shuffle, map| {
                    self.outputs.get(&(shuffle, map)).is_some_and(|holders| !holders.is_empty())
                };
                self.check(stage, told)
            }
            _ => Ok(()),
        }
    }

    fn on_settled(&mut self, _: &Seen, look: &Look) -> Check {
        let registered = |shuffle, map| look.outputs.iter().any(|(of, at, _)| (*of, *at) == (shuffle, map));
        std::mem::take(&mut self.submitted).iter().try_for_each(|stage| self.check(stage, registered))
    }
}
