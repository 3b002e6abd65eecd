//! Each job ends exactly once; a success has every partition exactly once; only a cancelled job ends as cancelled.

use std::collections::{BTreeMap, BTreeSet};

use hearth_scheduler::{Action, CancelTarget, Event, JobResult};
use hearth_types::{JobId, JobProperties, ListenerEvent, StageId, StageKind};

use super::{Check, Invariant, Look, Seen, require};
use crate::plan::Plan;

/// Follows jobs.
#[derive(Debug)]
pub(super) struct OneResult {
    jobs: BTreeMap<JobId, Job>,
    cancelled: BTreeSet<JobId>,
}

#[derive(Debug)]
struct Job {
    delivered: Vec<bool>,
    properties: JobProperties,
    stages: Vec<StageId>,
}

impl OneResult {
    pub(super) fn new(_: &Plan) -> Self {
        Self { jobs: BTreeMap::new(), cancelled: BTreeSet::new() }
    }

    fn cancel(&mut self, seen: &Seen, which: &CancelTarget) {
        for (id, job) in self.jobs.iter().filter(|(id, _)| seen.active_jobs.contains(id)) {
            let hit = match which {
                CancelTarget::Job(job) => job == id,
                CancelTarget::Stage(stage) => job.stages.contains(stage),
                CancelTarget::Group(group) => job.properties.group.as_ref() == Some(group),
                CancelTarget::Tag(tag) => job.properties.tags.contains(tag),
                CancelTarget::All => true,
            };
            if hit {
                self.cancelled.insert(*id);
            }
        }
    }
}

impl Invariant for OneResult {
    fn name(&self) -> &'static str {
        "one_result"
    }

    fn sentence(&self) -> &'static str {
        "each job ends exactly once; a success has every partition exactly once; only a cancelled job ends as cancelled"
    }

    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        match event {
            Event::JobSubmitted { job, graph, properties } => {
                let results = graph.stages().last().map_or(0, |stage| match &stage.kind {
                    StageKind::Result { partitions } => partitions.len(),
                    StageKind::ShuffleMap { .. } => 0,
                });
                let properties = properties.clone();
                self.jobs
                    .insert(*job, Job { delivered: vec![false; results], properties, stages: Vec::new() });
            }
            Event::JobsCancelled { which, .. } => self.cancel(seen, which),
            _ => {}
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        match action {
            Action::Post(ListenerEvent::JobStart { job, stages, .. }) => {
                if let Some(of) = self.jobs.get_mut(job) {
                    of.stages = stages.iter().map(|stage| stage.stage).collect();
                }
                Ok(())
            }
            Action::AcceptTask { id, deliver: Some((job, at)) } => {
                require(seen.active_jobs.contains(job), || {
                    format!("{id} is delivered to job {job}, which has ended")
                })?;
                let delivered = self.jobs.get_mut(job).and_then(|job| job.delivered.get_mut(*at as usize));
                let delivered =
                    delivered.ok_or_else(|| format!("{id} is delivered as result {at} of job {job}"))?;
                require(!std::mem::replace(delivered, true), || {
                    format!("{id} is delivered as result {at} of job {job}, which has it already")
                })
            }
            Action::CompleteJob { job, result } => {
                require(!seen.ended_jobs.contains(job), || format!("job {job} ends a second time"))?;
                let of = self.jobs.get(job).ok_or_else(|| format!("job {job} ends, which never began"))?;
                match result {
                    JobResult::Succeeded => match of.delivered.iter().position(|delivered| !delivered) {
                        Some(at) => Err(format!("job {job} succeeded without result {at}")),
                        None => Ok(()),
                    },
                    JobResult::Cancelled(_) => require(self.cancelled.contains(job), || {
                        format!("job {job} ends as cancelled, nobody asked")
                    }),
                    JobResult::Failed(_) => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn on_settled(&mut self, seen: &Seen, _: &Look) -> Check {
        match self.cancelled.iter().find(|job| seen.active_jobs.contains(job)) {
            Some(job) => Err(format!("job {job} was cancelled and goes on")),
            None => Ok(()),
        }
    }
}
