//! The program, or the UI, gives jobs up. Spark: `handleJobCancellation` and its relatives, with their sentences.

use hearth_types::JobId;

use super::DagScheduler;
use crate::seam::Turn;
use crate::{CancelTarget, JobResult};

impl DagScheduler {
    /// Cancels the jobs meant; unknown or ended ones are ignored. An empty `reason` gets Spark's words.
    pub(crate) fn on_jobs_cancelled(&mut self, turn: &mut Turn, which: &CancelTarget, reason: &str) {
        let given = (!reason.is_empty()).then(|| reason.to_owned());
        let (jobs, reason) = match which {
            CancelTarget::Job(job) => (vec![*job], given.unwrap_or_default()),
            CancelTarget::Stage(stage) => {
                let jobs = self.stages.get(stage).map(|stage| stage.jobs.keys().copied().collect());
                let why = given.unwrap_or_else(|| format!("Stage {stage} was cancelled"));
                (jobs.unwrap_or_default(), format!("because {why}"))
            }
            CancelTarget::Group(group) => {
                let jobs = self.jobs_where(|job| job.group.as_ref() == Some(group));
                (jobs, given.unwrap_or_else(|| format!("part of cancelled job group {group}")))
            }
            CancelTarget::Tag(tag) => {
                let jobs = self.jobs_where(|job| job.tags.contains(tag));
                (jobs, given.unwrap_or_else(|| format!("part of cancelled job tag {tag}")))
            }
            CancelTarget::All => {
                let words = "as part of cancellation of all jobs".to_owned();
                (self.jobs_where(|_| true), given.unwrap_or(words))
            }
        };
        for job in jobs {
            let message = format!("Job {job} cancelled {reason}");
            self.end_job(turn, job, JobResult::Cancelled(message.trim_end().to_owned()));
        }
    }

    fn jobs_where(&self, is_meant: impl Fn(&hearth_types::JobProperties) -> bool) -> Vec<JobId> {
        self.jobs.values().filter(|job| is_meant(&job.properties)).map(|job| job.id).collect()
    }
}
