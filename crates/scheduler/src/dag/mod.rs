//! Jobs and stages: what must run, in which order, and again. Spark: `DAGScheduler`.
//!
//! Knows nothing of slots and placement; sends commands to `tasks` and takes its reports (`seam.rs`).
//! One file per event.

mod cancel;
mod executor_lost;
mod fetch_failed;
mod finish;
mod job;
mod preferred;
mod roll_back;
mod stage;
mod submit;
mod submit_stage;
mod task_ended;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearth_types::{ExecutorId, JobId, ShuffleId, StageId, TaskAttempt, Timestamp};

use self::job::ActiveJob;
use self::stage::{Kind, Stage};
use crate::cache::CacheLocations;
use crate::commit::OutputCommitCoordinator;
use crate::map_output::MapOutputTracker;
use crate::seam::{Report, Turn};
use crate::view::StageState;
use crate::{JobView, SchedulerConf, StageView};

/// Cuts jobs into stages and sees them through.
#[derive(Debug)]
pub(crate) struct DagScheduler {
    pub(crate) map_outputs: MapOutputTracker,
    pub(crate) cache: CacheLocations,
    pub(crate) commits: OutputCommitCoordinator,
    jobs: BTreeMap<JobId, ActiveJob>,
    stages: BTreeMap<StageId, Stage>,
    shuffle_stages: BTreeMap<ShuffleId, StageId>,
    failed: BTreeSet<StageId>,
    resubmit_at: Option<Timestamp>,
    next_stage: u32,
    executors: BTreeSet<ExecutorId>,
    /// Epoch at which outputs of a living executor were last given up because of a fetch failure.
    failure_epochs: BTreeMap<ExecutorId, u64>,
    /// Shuffles that the program released while a stage still used them.
    released: BTreeSet<ShuffleId>,
    conf: DagConf,
    /// Whether jobs or stages came or went, for the allocation of executors.
    changed: bool,
    submitted_any: bool,
}

#[derive(Debug)]
struct DagConf {
    max_stage_attempts: u32,
    resubmit_delay: Duration,
    reduce_locality: bool,
    max_result_size: Option<u64>,
}

impl DagScheduler {
    pub(crate) fn new(conf: &SchedulerConf) -> Self {
        Self {
            map_outputs: MapOutputTracker::default(),
            cache: CacheLocations::default(),
            commits: OutputCommitCoordinator::default(),
            jobs: BTreeMap::new(),
            stages: BTreeMap::new(),
            shuffle_stages: BTreeMap::new(),
            failed: BTreeSet::new(),
            resubmit_at: None,
            next_stage: 0,
            executors: BTreeSet::new(),
            failure_epochs: BTreeMap::new(),
            released: BTreeSet::new(),
            conf: DagConf {
                max_stage_attempts: conf.stage_max_consecutive_attempts.max(1),
                resubmit_delay: conf.resubmit_delay,
                reduce_locality: conf.reduce_locality,
                max_result_size: conf.max_result_size.filter(|size| *size > 0),
            },
            changed: false,
            submitted_any: false,
        }
    }

    /// Hears what `tasks` has to say.
    pub(crate) fn on_report(&mut self, turn: &mut Turn, report: Report) {
        match report {
            Report::Ended(ended) => self.on_task_ended(turn, ended),
            Report::TaskSetFailed { stage, message } => self.abort_stage(turn, stage, &message),
        }
    }

    /// A new executor.
    pub(crate) fn on_executor_registered(&mut self, executor: ExecutorId) {
        self.executors.insert(executor);
    }

    /// Time has passed: submits failed stages again when the wait for further failures is over.
    pub(crate) fn on_time(&mut self, turn: &mut Turn) {
        if self.resubmit_at.is_some_and(|at| at <= turn.now) {
            self.resubmit_failed_stages(turn);
        }
    }

    /// When failed stages will be submitted again.
    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        self.resubmit_at
    }

    /// Whether an active job needs what the attempt brings.
    pub(crate) fn needs(&self, id: TaskAttempt) -> bool {
        self.needed_stage(id).is_some()
    }

    /// The stage of an attempt whose end counts: an active job needs it, and it was not rolled back since.
    fn needed_stage(&self, id: TaskAttempt) -> Option<&Stage> {
        self.stages.get(&id.stage).filter(|stage| id.stage_attempt >= stage.counts_from)
    }

    /// Whether an active job reads the shuffle.
    pub(crate) fn needs_shuffle(&self, shuffle: ShuffleId) -> bool {
        self.shuffle_stages.contains_key(&shuffle)
    }

    /// Whether any stage was ever submitted.
    pub(crate) fn has_submitted_stages(&self) -> bool {
        self.submitted_any
    }

    /// Whether jobs or stages came or went since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn set_state(&mut self, stage: StageId, state: StageState) {
        self.failed.remove(&stage);
        let Some(found) = self.stages.get_mut(&stage) else { return };
        found.state = state;
        if state == StageState::Failed {
            self.failed.insert(stage);
        }
    }

    fn state(&self, stage: StageId) -> StageState {
        self.stages.get(&stage).map_or(StageState::Idle, |found| found.state)
    }

    fn missing_count(&self, stage: &Stage) -> u32 {
        match &stage.kind {
            Kind::ShuffleMap { shuffle, .. } => self.map_outputs.missing(*shuffle),
            Kind::Result { job } => self.jobs.get(job).map_or(0, |job| job.len() - job.finished.count()),
        }
    }

    /// Whether nothing of any job remains.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.stages.is_empty()
            && self.shuffle_stages.is_empty()
            && self.failed.is_empty()
            && self.resubmit_at.is_none()
            && self.commits.is_empty()
            && self.released.is_empty()
    }

    pub(crate) fn job_views(&self) -> impl Iterator<Item = JobView> + '_ {
        self.jobs.values().map(|job| JobView {
            job: job.id,
            result_stage: job.result_stage,
            partitions: job.len(),
            finished: job.finished.count(),
        })
    }

    pub(crate) fn stage_views(&self) -> impl Iterator<Item = StageView> + '_ {
        self.stages.values().map(|stage| StageView {
            stage: stage.id,
            attempt: stage.attempt.map(|attempt| attempt.number),
            state: stage.state,
            shuffle: stage.shuffle(),
            parents: stage.parents.clone(),
            jobs: stage.jobs.keys().copied().collect(),
            missing: self.missing_count(stage),
        })
    }
}
