//! A stage, over all its attempts. Spark: `Stage`, `ShuffleMapStage`, `ResultStage`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use hearth_types::{
    Dependency, JobId, RddId, RddInfo, ShuffleId, StageId, StageInfo, StorageLevel, TaskBinaryId, Timestamp,
};

use crate::bits::Bits;
use crate::view::StageState;

/// Tasks between two shuffles.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) id: StageId,
    pub(crate) rdd: RddId,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) parents: Vec<StageId>,
    /// The stages that read from it.
    pub(crate) children: BTreeSet<StageId>,
    /// The lineage of the latest job that uses it.
    pub(crate) lineage: Arc<Lineage>,
    /// Its pipeline for the listeners, shared by all attempts.
    pub(crate) rdds: Arc<[RddInfo]>,
    /// The active jobs that need it, each with its binary.
    pub(crate) jobs: BTreeMap<JobId, TaskBinaryId>,
    /// Every binary that was ever handed in for it.
    pub(crate) binaries: BTreeSet<TaskBinaryId>,
    pub(crate) first_job: JobId,
    pub(crate) state: StageState,
    /// The latest attempt.
    pub(crate) attempt: Option<Attempt>,
    /// Attempts before this one have read what is not so any more: what they bring does not count.
    pub(crate) counts_from: u32,
    /// Attempts that met a fetch failure since the last success.
    pub(crate) failed_attempts: BTreeSet<u32>,
    /// A task wanted to read what a fully cached RDD hides, and could not: until the stage succeeds, nothing is hidden.
    pub(crate) reads_hidden: bool,
}

/// What the tasks of a stage make.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Map outputs.
    ShuffleMap {
        shuffle: ShuffleId,
        maps: u32,
        reduces: u32,
        /// Partitions that the current attempt still has to make.
        pending: Bits,
    },
    /// Results of one job.
    Result { job: JobId },
}

/// One attempt of a stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) tasks: u32,
    pub(crate) submission_time: Option<Timestamp>,
}

impl Stage {
    /// The shuffle it feeds.
    pub(crate) fn shuffle(&self) -> Option<ShuffleId> {
        match &self.kind {
            Kind::ShuffleMap { shuffle, .. } => Some(*shuffle),
            Kind::Result { .. } => None,
        }
    }

    /// The latest attempt as the listeners see it; `tasks` before there is one.
    pub(crate) fn info(&self, tasks: u32, end: Option<Timestamp>, failure: Option<String>) -> StageInfo {
        let attempt = self.attempt.unwrap_or(Attempt { number: 0, tasks, submission_time: None });
        StageInfo {
            stage: self.id,
            attempt: attempt.number,
            name: self.name.clone(),
            tasks: attempt.tasks,
            rdds: Arc::clone(&self.rdds),
            parents: self.parents.clone(),
            submission_time: attempt.submission_time,
            completion_time: end,
            failure_reason: failure,
        }
    }
}

/// Spark's `toString`: `ShuffleMapStage 3`.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::ShuffleMap { .. } => write!(f, "ShuffleMapStage {}", self.id),
            Kind::Result { .. } => write!(f, "ResultStage {}", self.id),
        }
    }
}

/// The RDDs of a job.
#[derive(Debug)]
pub(crate) struct Lineage(BTreeMap<RddId, RddInfo>);

impl Lineage {
    pub(crate) fn new(rdds: Vec<RddInfo>) -> Self {
        Self(rdds.into_iter().map(|rdd| (rdd.id, rdd)).collect())
    }

    pub(crate) fn get(&self, rdd: RddId) -> Option<&RddInfo> {
        self.0.get(&rdd)
    }

    /// The RDDs that are persisted.
    pub(crate) fn persisted(&self) -> impl Iterator<Item = &RddInfo> {
        self.0.values().filter(|info| is_persisted(info))
    }

    /// The shuffles that tasks ending in `rdd` read.
    pub(crate) fn shuffles_read(&self, rdd: RddId) -> impl Iterator<Item = ShuffleId> + '_ {
        self.pipeline(rdd, |_| true).into_iter().flat_map(shuffles_read)
    }

    /// The RDDs that tasks ending in `rdd` compute, `rdd` first: narrow dependencies followed while `enter` says so.
    pub(crate) fn pipeline(&self, rdd: RddId, enter: impl Fn(&RddInfo) -> bool) -> Vec<&RddInfo> {
        let mut seen = BTreeSet::from([rdd]);
        let mut stack = vec![rdd];
        let mut found = Vec::new();
        while let Some(info) = stack.pop().and_then(|rdd| self.get(rdd)) {
            if !enter(info) {
                continue;
            }
            found.push(info);
            for dependency in info.dependencies.iter().rev() {
                match dependency {
                    Dependency::Narrow { parent, mapping: _ } if seen.insert(*parent) => stack.push(*parent),
                    Dependency::Narrow { .. } | Dependency::Shuffle { .. } => {}
                }
            }
        }
        found
    }

    /// The pipeline of a stage for the listeners, last RDD first, without hosts.
    pub(crate) fn pipeline_infos(&self, rdd: RddId) -> Arc<[RddInfo]> {
        let mut rdds = self.pipeline(rdd, |_| true);
        rdds.sort_by_key(|info| std::cmp::Reverse(info.id));
        let infos = rdds.into_iter().map(|info| RddInfo {
            id: info.id,
            name: info.name.clone(),
            call_site: info.call_site.clone(),
            partitions: info.partitions,
            storage_level: info.storage_level,
            dependencies: info.dependencies.clone(),
            preferred_hosts: Vec::new(),
        });
        infos.collect()
    }
}

/// Shuffles that an RDD reads itself.
pub(crate) fn shuffles_read(info: &RddInfo) -> impl Iterator<Item = ShuffleId> + '_ {
    info.dependencies.iter().filter_map(|dependency| match dependency {
        Dependency::Shuffle { shuffle, parent: _ } => Some(*shuffle),
        Dependency::Narrow { .. } => None,
    })
}

/// The partitions that one partition reads in the same task.
pub(crate) fn narrow_parents(info: &RddInfo, partition: u32) -> impl Iterator<Item = (RddId, u32)> + '_ {
    info.dependencies.iter().flat_map(move |dependency| {
        let (parent, partitions) = match dependency {
            Dependency::Narrow { parent, mapping } => (parent, mapping.parents_of(partition)),
            Dependency::Shuffle { parent, .. } => (parent, 0..0),
        };
        partitions.map(|partition| (*parent, partition))
    })
}

/// Whether the RDD is persisted.
pub(crate) fn is_persisted(info: &RddInfo) -> bool {
    info.storage_level != StorageLevel::NONE && info.storage_level.is_valid()
}
