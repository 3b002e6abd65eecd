//! A stage is wanted: its missing parents first, else its missing partitions.
//! Spark: `submitStage`, `getMissingParentStages`, `submitMissingTasks`.

use std::sync::Arc;

use hearth_types::{ListenerEvent, RddInfo, ShuffleId, StageId};

use super::DagScheduler;
use super::stage::{Attempt, Kind, Stage, is_persisted, shuffles_read};
use crate::seam::{Command, Positions, TaskSetSpec, Turn};
use crate::view::StageState;

impl DagScheduler {
    /// Gets a stage going, parents first. A stage that runs, waits or will be resubmitted anyway is left alone.
    pub(super) fn submit_stage(&mut self, turn: &mut Turn, stage: StageId) {
        // A stack of our own: a lineage may be thousands of stages deep.
        let mut stack = vec![stage];
        while let Some(id) = stack.pop() {
            let Some(stage) = self.stages.get(&id) else { continue };
            if stage.state != StageState::Idle {
                continue;
            }
            let missing = self.missing_parents(stage);
            if missing.is_empty() {
                self.submit_missing_tasks(turn, id);
            } else {
                self.set_state(id, StageState::Waiting);
                stack.extend(missing.into_iter().rev());
            }
        }
    }

    /// Parents with missing outputs, by id.
    fn missing_parents(&self, stage: &Stage) -> Vec<StageId> {
        let missing = self.visible_shuffles(stage).filter(|shuffle| !self.map_outputs.is_available(*shuffle));
        let mut parents: Vec<_> =
            missing.filter_map(|shuffle| self.shuffle_stages.get(&shuffle).copied()).collect();
        parents.sort_unstable();
        parents.dedup();
        parents
    }

    /// Shuffles that the tasks of a stage must be able to read. Those behind a fully cached RDD they need not, unless a
    /// task has shown that it does: one that runs where the cached partition is not computes it again.
    /// (In Spark it would read the partition from afar.)
    pub(super) fn visible_shuffles<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = ShuffleId> + 'a {
        let hides =
            |info: &RddInfo| info.partitions == 0 || !stage.reads_hidden && self.is_fully_cached(info);
        stage.lineage.pipeline(stage.rdd, |info| !hides(info)).into_iter().flat_map(shuffles_read)
    }

    /// Whether every partition of the RDD is cached somewhere.
    fn is_fully_cached(&self, info: &RddInfo) -> bool {
        is_persisted(info) && self.cache.cached_partitions(info.id) >= info.partitions
    }

    fn submit_missing_tasks(&mut self, turn: &mut Turn, id: StageId) {
        let Some((positions, partitions)) = self.missing_positions(id) else { return };
        let locations = self.preferred_locations(id, &positions, partitions.as_deref());
        let Some(stage) = self.stages.get_mut(&id) else { return };
        let Some((job, binary)) = stage.jobs.first_key_value().map(|(job, binary)| (*job, *binary)) else {
            return;
        };
        let Some(active) = self.jobs.get(&job) else { return };
        let tasks = positions.len();
        let number = stage.attempt.map_or(0, |attempt| attempt.number + 1);
        stage.attempt = Some(Attempt { number, tasks, submission_time: (tasks > 0).then_some(turn.now) });
        let is_map = match &mut stage.kind {
            Kind::ShuffleMap { pending, .. } => {
                pending.clear();
                for index in 0..tasks {
                    pending.insert(positions.position(index));
                }
                true
            }
            Kind::Result { .. } => false,
        };
        let info = stage.info(tasks, None, None);
        turn.post(ListenerEvent::StageSubmitted { stage: info, properties: active.properties.clone() });
        let pool = active.properties.pool.clone();
        self.commits.stage_started(id);
        self.set_state(id, StageState::Running);
        self.changed = true;
        self.submitted_any = true;
        if tasks == 0 {
            // Older attempts have made everything in the meantime.
            self.mark_stage_finished(turn, id, None, false);
            self.submit_waiting_children(turn, id);
            return;
        }
        let attempt = number;
        let spec =
            TaskSetSpec { stage: id, attempt, job, pool, binary, is_map, positions, partitions, locations };
        turn.commands.push_back(Command::Submit(Box::new(spec)));
    }

    /// Positions that are not done, and the partition of each where it differs.
    fn missing_positions(&self, id: StageId) -> Option<(Positions, Option<Arc<[u32]>>)> {
        let stage = self.stages.get(&id)?;
        match &stage.kind {
            Kind::ShuffleMap { shuffle, maps, .. } => {
                let missing = self.map_outputs.missing(*shuffle);
                let outputs = self.map_outputs.outputs(*shuffle)?;
                let positions = if missing == *maps {
                    Positions::All(missing)
                } else {
                    let absent = (0..*maps).zip(outputs).filter(|(_, output)| output.is_none());
                    Positions::Some(absent.map(|(map, _)| map).collect())
                };
                Some((positions, None))
            }
            Kind::Result { job } => {
                let job = self.jobs.get(job)?;
                let positions = if job.finished.count() == 0 {
                    Positions::All(job.len())
                } else {
                    Positions::Some((0..job.len()).filter(|at| !job.finished.contains(*at)).collect())
                };
                Some((positions, Some(Arc::clone(&job.partitions))))
            }
        }
    }

    /// A parent is complete: its children may be able to run.
    pub(super) fn submit_waiting_children(&mut self, turn: &mut Turn, parent: StageId) {
        let children = self.stages.get(&parent).into_iter().flat_map(|stage| &stage.children);
        let children = children.filter_map(|id| self.stages.get(id));
        let children = children.filter(|stage| stage.state == StageState::Waiting);
        let mut children: Vec<_> = children.map(|stage| (stage.first_job, stage.id)).collect();
        children.sort_unstable();
        for (_, child) in &children {
            self.set_state(*child, StageState::Idle);
        }
        for (_, child) in children {
            self.submit_stage(turn, child);
        }
    }
}
