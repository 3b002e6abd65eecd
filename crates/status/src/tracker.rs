//! What a program may ask about its own progress. Spark: `SparkStatusTracker`.

use std::sync::Arc;

use hearth_types::{ExecutorId, HostName, JobId, StageId, Timestamp};

use crate::store::{JobStatus, StatusStore};

/// Answers questions about running jobs and stages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StatusTracker {
    store: Arc<StatusStore>,
}

/// A job, as the tracker tells it. Spark: `SparkJobInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobInfo {
    /// Which.
    pub job: JobId,
    /// Its stages, ascending.
    pub stages: Vec<StageId>,
    /// How far it is.
    pub status: JobStatus,
}

/// The newest attempt of a stage, as the tracker tells it. Spark: `SparkStageInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageStatusInfo {
    /// Which.
    pub stage: StageId,
    /// Its newest attempt.
    pub current_attempt: u32,
    /// When that was submitted.
    pub submission_time: Option<Timestamp>,
    /// `reduceByKey at main.rs:12`.
    pub name: String,
    /// Tasks of the attempt.
    pub tasks: u32,
    /// Running.
    pub active_tasks: u32,
    /// Succeeded.
    pub completed_tasks: u32,
    /// Failed.
    pub failed_tasks: u32,
}

/// A living executor, as the tracker tells it. Spark: `SparkExecutorInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutorInfo {
    /// Which.
    pub executor: ExecutorId,
    /// Its machine.
    pub host: HostName,
    /// `host:port` of its block service; empty when it has none.
    pub address: String,
    /// Bytes of cached partitions in memory.
    pub cache_size: u64,
    /// Running tasks.
    pub running_tasks: u32,
    /// Bytes for storage and execution together.
    pub max_memory: u64,
}

impl StatusTracker {
    /// A tracker over a store.
    pub fn new(store: Arc<StatusStore>) -> Self {
        Self { store }
    }

    /// Jobs of a group, running and ended as far as they are remembered; `None` asks for those without a group.
    pub fn job_ids_for_group(&self, group: Option<&str>) -> Vec<JobId> {
        self.store.job_ids(|job| job.group.as_deref() == group)
    }

    /// Jobs with a tag, running and ended as far as they are remembered.
    pub fn job_ids_for_tag(&self, tag: &str) -> Vec<JobId> {
        self.store.job_ids(|job| job.tags.iter().any(|has| has == tag))
    }

    /// Running jobs, ascending.
    pub fn active_job_ids(&self) -> Vec<JobId> {
        self.store.job_ids(|job| job.status == JobStatus::Running)
    }

    /// Running stages, ascending.
    pub fn active_stage_ids(&self) -> Vec<StageId> {
        self.store.active_stage_ids()
    }

    /// A job, or `None` when it is unknown or forgotten.
    pub fn job_info(&self, job: JobId) -> Option<JobInfo> {
        let data = self.store.job(job)?;
        Some(JobInfo { job, stages: data.stages, status: data.status })
    }

    /// The newest attempt of a stage, or `None` when it is unknown or forgotten.
    pub fn stage_info(&self, stage: StageId) -> Option<StageStatusInfo> {
        let data = self.store.stage(stage).pop()?;
        Some(StageStatusInfo {
            stage,
            current_attempt: data.info.attempt,
            submission_time: data.info.submission_time,
            name: data.info.name,
            tasks: data.info.tasks,
            active_tasks: data.active_tasks,
            completed_tasks: data.completed_tasks,
            failed_tasks: data.failed_tasks,
        })
    }

    /// The living executors, ascending.
    pub fn executor_infos(&self) -> Vec<ExecutorInfo> {
        let infos = self.store.executors(false).into_iter().map(|data| ExecutorInfo {
            executor: data.executor,
            host: data.host,
            address: data.address,
            cache_size: data.memory_used,
            running_tasks: data.active_tasks,
            max_memory: data.max_memory,
        });
        infos.collect()
    }
}
