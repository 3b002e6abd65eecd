//! The user's program: threads that run jobs one after another, cancel some, and release what they no longer need.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{CancelTarget, Event};
use hearth_types::{JobId, ListenerEvent, RddId, ShuffleId, StageId, StorageLevel};

use crate::plan::{CancelBy, Plan, binary_id};

/// How far the program is.
#[derive(Debug, Default)]
pub struct Program {
    submitted: BTreeMap<JobId, usize>,
    active: BTreeSet<JobId>,
    ended: BTreeSet<usize>,
    stages: BTreeMap<JobId, Vec<StageId>>,
    unpersisted: BTreeSet<RddId>,
    released: BTreeSet<ShuffleId>,
    persisted: Vec<Vec<bool>>,
}

impl Program {
    /// Nothing has run yet.
    pub fn new(plan: &Plan) -> Self {
        Self { persisted: vec![Vec::new(); plan.jobs.len()], ..Self::default() }
    }

    /// A thread runs its next action.
    pub fn submit(&mut self, plan: &Plan, at: usize) -> Option<(JobId, Event)> {
        let planned = plan.jobs.get(at)?;
        let job = JobId(self.submitted.len() as u32);
        let level = |unpersisted: &BTreeSet<RddId>, rdd, level| {
            if unpersisted.contains(&rdd) { StorageLevel::NONE } else { level }
        };
        let unpersisted = &self.unpersisted;
        let graph = plan.lineage.graph(
            planned.rdd,
            planned.partitions.clone(),
            |stage| binary_id(at, stage),
            |rdd| level(unpersisted, rdd.id, rdd.storage_level),
        )?;
        let rdds = plan.lineage.rdds().iter();
        let persisted = rdds.map(|rdd| level(unpersisted, rdd.id, rdd.storage_level).is_valid()).collect();
        if let Some(of_job) = self.persisted.get_mut(at) {
            *of_job = persisted;
        }
        self.submitted.insert(job, at);
        self.active.insert(job);
        Some((job, Event::JobSubmitted { job, graph, properties: planned.properties.clone() }))
    }

    /// Remembers what the listeners are told about a job's stages.
    pub fn on_listener_event(&mut self, event: &ListenerEvent) {
        if let ListenerEvent::JobStart { job, stages, .. } = event {
            self.stages.insert(*job, stages.iter().map(|stage| stage.stage).collect());
        }
    }

    /// Somebody gives up on a job.
    pub fn cancel(&self, plan: &Plan, job: JobId) -> Option<Event> {
        let planned = plan.jobs.get(*self.submitted.get(&job)?)?;
        let properties = &planned.properties;
        let which = match planned.cancel?.by {
            CancelBy::Job => CancelTarget::Job(job),
            CancelBy::Stage => CancelTarget::Stage(*self.stages.get(&job)?.last()?),
            CancelBy::Group => CancelTarget::Group(properties.group.clone()?),
            CancelBy::Tag => CancelTarget::Tag(properties.tags.first()?.clone()),
            CancelBy::All => CancelTarget::All,
        };
        Some(Event::JobsCancelled { which, reason: "no longer wanted".to_owned() })
    }

    /// `Action::CompleteJob`. Returns the job's position in the plan.
    pub fn on_complete(&mut self, job: JobId) -> Option<usize> {
        self.active.remove(&job);
        let at = *self.submitted.get(&job)?;
        self.ended.insert(at);
        Some(at)
    }

    /// What the program lets go of after a job has ended.
    pub fn let_go(&mut self, plan: &Plan, at: usize) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(planned) = plan.jobs.get(at)
            && planned.unpersist
            && self.unpersisted.insert(planned.rdd)
        {
            events.push(Event::RddUnpersisted { rdd: planned.rdd });
        }
        if plan.release_early || self.is_done(plan) {
            let needed: BTreeSet<ShuffleId> = (0..plan.jobs.len())
                .filter(|at| !self.ended.contains(at))
                .flat_map(|at| plan.lineage.shuffles_of(plan.jobs.get(at).map_or(RddId(0), |job| job.rdd)))
                .collect();
            let all = (0..plan.lineage.shuffles().len()).map(|at| ShuffleId(at as u32));
            for shuffle in all.filter(|shuffle| !needed.contains(shuffle)) {
                if self.released.insert(shuffle) {
                    events.push(Event::ShuffleReleased { shuffle });
                }
            }
        }
        if self.is_done(plan) {
            for rdd in plan.lineage.rdds() {
                if rdd.storage_level.is_valid() && self.unpersisted.insert(rdd.id) {
                    events.push(Event::RddUnpersisted { rdd: rdd.id });
                }
            }
        }
        events
    }

    /// For each job of the plan: which RDDs were persisted when it was submitted.
    pub fn persisted(&self) -> &[Vec<bool>] {
        &self.persisted
    }

    /// The position of a job in the plan.
    pub fn planned(&self, job: JobId) -> Option<usize> {
        self.submitted.get(&job).copied()
    }

    /// Whether any job runs.
    pub fn is_active(&self) -> bool {
        !self.active.is_empty()
    }

    /// Whether every job has ended.
    pub fn is_done(&self, plan: &Plan) -> bool {
        self.ended.len() == plan.jobs.len()
    }
}
