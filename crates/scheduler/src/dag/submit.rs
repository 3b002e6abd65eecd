//! A job comes in: its stages are made, or found, and the result stage is wanted.
//! Spark: `handleJobSubmitted`, `createResultStage`, `getOrCreateShuffleMapStage`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearth_types::{
    JobId, JobOutcome, JobProperties, ListenerEvent, ShuffleId, StageGraph, StageId, StageKind, StageSpec,
};

use super::DagScheduler;
use super::job::ActiveJob;
use super::stage::{Kind, Lineage, Stage};
use crate::bits::Bits;
use crate::seam::Turn;
use crate::view::StageState;
use crate::{Action, JobResult};

impl DagScheduler {
    /// Starts a job; an id that is active already is ignored.
    pub(crate) fn on_job_submitted(
        &mut self,
        turn: &mut Turn,
        job: JobId,
        graph: StageGraph,
        properties: JobProperties,
    ) {
        if self.jobs.contains_key(&job) {
            return;
        }
        self.changed = true;
        let (rdds, specs) = graph.into_parts();
        let wants_nothing = specs.last().is_none_or(
            |spec| matches!(&spec.kind, StageKind::Result { partitions } if partitions.is_empty()),
        );
        if wants_nothing {
            return self.complete_empty(turn, job, specs, properties);
        }
        let lineage = Arc::new(Lineage::new(rdds));
        for info in lineage.persisted() {
            self.cache.note_reads(info.id, || lineage.shuffles_read(info.id).collect());
        }
        let mut stages = BTreeSet::new();
        let mut result = None;
        for spec in specs {
            let StageSpec { rdd, kind, binary, name } = spec;
            let id = match kind {
                StageKind::ShuffleMap { shuffle, reduces } => match self.shuffle_stages.get(&shuffle) {
                    Some(id) => *id,
                    None => {
                        let maps = lineage.get(rdd).map_or(0, |info| info.partitions);
                        let kind = Kind::ShuffleMap { shuffle, maps, reduces, pending: Bits::new(maps) };
                        let id = self.add_stage(job, rdd, kind, name, &lineage);
                        self.shuffle_stages.insert(shuffle, id);
                        id
                    }
                },
                StageKind::Result { partitions } => {
                    let id = self.add_stage(job, rdd, Kind::Result { job }, name, &lineage);
                    result = Some((id, partitions));
                    id
                }
            };
            if let Some(stage) = self.stages.get_mut(&id) {
                stage.jobs.insert(job, binary);
                stage.binaries.insert(binary);
                stage.lineage = Arc::clone(&lineage);
            }
            stages.insert(id);
        }
        let Some((result_stage, partitions)) = result else { return };
        self.join_parents(job, &mut stages);
        let infos = stages.iter().filter_map(|stage| self.stages.get(stage));
        let infos = infos.map(|stage| match &stage.kind {
            Kind::ShuffleMap { maps, .. } => stage.info(*maps, None, None),
            Kind::Result { .. } => {
                stage.info(u32::try_from(partitions.len()).unwrap_or(u32::MAX), None, None)
            }
        });
        let infos = infos.collect();
        turn.post(ListenerEvent::JobStart {
            job,
            time: turn.now,
            stages: infos,
            properties: properties.clone(),
        });
        let finished = Bits::new(u32::try_from(partitions.len()).unwrap_or(u32::MAX));
        let partitions = partitions.into();
        let (result_bytes, result_tasks) = (0, 0);
        let active = ActiveJob {
            id: job,
            result_stage,
            partitions,
            finished,
            result_bytes,
            result_tasks,
            properties,
            stages,
        };
        self.jobs.insert(job, active);
        self.submit_stage(turn, result_stage);
    }

    fn add_stage(
        &mut self,
        job: JobId,
        rdd: hearth_types::RddId,
        kind: Kind,
        name: String,
        lineage: &Arc<Lineage>,
    ) -> StageId {
        let id = StageId(self.next_stage);
        self.next_stage += 1;
        let reads: BTreeSet<ShuffleId> = lineage.shuffles_read(rdd).collect();
        let parents: BTreeSet<StageId> =
            reads.iter().filter_map(|shuffle| self.shuffle_stages.get(shuffle).copied()).collect();
        if let Kind::ShuffleMap { shuffle, maps, .. } = kind {
            self.map_outputs.register_shuffle(shuffle, maps, reads);
        }
        let stage = Stage {
            id,
            rdd,
            name,
            kind,
            parents: parents.iter().copied().collect(),
            children: BTreeSet::new(),
            lineage: Arc::clone(lineage),
            rdds: lineage.pipeline_infos(rdd),
            jobs: BTreeMap::new(),
            binaries: BTreeSet::new(),
            first_job: job,
            state: StageState::Idle,
            attempt: None,
            counts_from: 0,
            failed_attempts: BTreeSet::new(),
            reads_hidden: false,
        };
        for parent in parents {
            if let Some(parent) = self.stages.get_mut(&parent) {
                parent.children.insert(id);
            }
        }
        self.stages.insert(id, stage);
        id
    }

    /// A shared stage brings its ancestors along, even if the graph of this job does not list them.
    fn join_parents(&mut self, job: JobId, stages: &mut BTreeSet<StageId>) {
        let mut stack: Vec<StageId> = stages.iter().copied().collect();
        while let Some(id) = stack.pop() {
            let parents = self.stages.get(&id).map(|stage| stage.parents.clone()).unwrap_or_default();
            for parent in parents {
                if stages.insert(parent)
                    && let Some(stage) = self.stages.get_mut(&parent)
                    && let Some(binary) = stage.binaries.first().copied()
                {
                    stage.jobs.insert(job, binary);
                    stack.push(parent);
                }
            }
        }
    }

    /// A job over no partitions is done at once; its binaries are forgotten under numbers of their own.
    fn complete_empty(
        &mut self,
        turn: &mut Turn,
        job: JobId,
        specs: Vec<StageSpec>,
        properties: JobProperties,
    ) {
        turn.post(ListenerEvent::JobStart { job, time: turn.now, stages: Vec::new(), properties });
        for spec in specs {
            let stage = StageId(self.next_stage);
            self.next_stage += 1;
            turn.actions.push(Action::ForgetStage { stage, binary: spec.binary });
        }
        turn.post(ListenerEvent::JobEnd { job, time: turn.now, outcome: JobOutcome::Succeeded });
        turn.actions.push(Action::CompleteJob { job, result: JobResult::Succeeded });
    }
}
