//! Jobs, running and ended. Spark: `LiveJob`.

use std::collections::{BTreeMap, VecDeque};

use hearth_types::{JobId, JobOutcome, JobProperties, StageId, StageInfo, Timestamp};

use super::data::{JobData, JobStatus};

#[derive(Debug, Default)]
pub(super) struct Jobs {
    kept: BTreeMap<JobId, JobData>,
    /// In the order in which they ended.
    ended: VecDeque<JobId>,
}

impl Jobs {
    pub(super) fn iter(&self) -> impl Iterator<Item = &JobData> {
        self.kept.values()
    }

    pub(super) fn get(&self, job: JobId) -> Option<&JobData> {
        self.kept.get(&job)
    }

    pub(super) fn get_mut(&mut self, job: JobId) -> Option<&mut JobData> {
        self.kept.get_mut(&job)
    }

    pub(super) fn on_start(
        &mut self,
        job: JobId,
        time: Timestamp,
        stages: &[StageInfo],
        properties: &JobProperties,
    ) {
        let mut ids: Vec<StageId> = stages.iter().map(|stage| stage.stage).collect();
        ids.sort_unstable();
        let last = stages.iter().max_by_key(|stage| stage.stage);
        self.kept.insert(
            job,
            JobData {
                job,
                name: last.map_or_else(|| properties.call_site.clone(), |stage| stage.name.clone()),
                description: properties.description.clone(),
                group: properties.group.clone(),
                tags: properties.tags.clone(),
                submission_time: time,
                completion_time: None,
                status: JobStatus::Running,
                failure: None,
                stages: ids,
                tasks: stages.iter().fold(0, |sum: u32, stage| sum.saturating_add(stage.tasks)),
                active_tasks: 0,
                completed_tasks: 0,
                skipped_tasks: 0,
                failed_tasks: 0,
                killed_tasks: 0,
                completed_indices: 0,
                active_stages: 0,
                completed_stages: 0,
                skipped_stages: 0,
                failed_stages: 0,
                killed_summary: BTreeMap::new(),
            },
        );
    }

    pub(super) fn on_end(&mut self, job: JobId, time: Timestamp, outcome: &JobOutcome) {
        let Some(data) = self.kept.get_mut(&job).filter(|data| data.status == JobStatus::Running) else {
            return;
        };
        data.completion_time = Some(time);
        data.status = match outcome {
            JobOutcome::Succeeded => JobStatus::Succeeded,
            JobOutcome::Failed { message } => {
                data.failure = Some(message.clone());
                JobStatus::Failed
            }
        };
        self.ended.push_back(job);
    }

    /// Drops the jobs that ended first until `limit` are left; running ones stay.
    pub(super) fn trim(&mut self, limit: usize) {
        while self.kept.len() > limit {
            let Some(job) = self.ended.pop_front() else { return };
            self.kept.remove(&job);
        }
    }
}
