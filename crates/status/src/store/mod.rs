//! What is running and what ran, in memory. Spark: `AppStatusListener` and `AppStatusStore`.
//!
//! The driver's loop applies each event before anybody waits for its consequence, so an answer is never behind.
//! Spark writes a key-value store on a timer instead.
//! `spark.ui.retainedTasks` bounds the task rows of all stages together, where Spark bounds each stage by it: a
//! driver's memory must not grow with the number of stages.
//! Counts and sums of a stage stay exact when its rows are dropped.

mod data;
mod executors;
mod jobs;
mod metrics;
mod rdds;
mod stages;
mod tasks;

use hearth_types::{ExecutorId, JobId, ListenerEvent, RddId, StageId};
use parking_lot::Mutex;

pub use data::{
    ApplicationData, ExecutorData, JobData, JobStatus, RddBlock, RddData, StageData, StageStatus, TaskData,
};

use crate::progress::StageProgress;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `spark.ui.retainedJobs`.
    pub jobs: usize,
    /// `spark.ui.retainedStages`, attempts counted.
    pub stages: usize,
    /// `spark.ui.retainedTasks`, over all stages.
    pub tasks: usize,
    /// `spark.ui.retainedDeadExecutors`.
    pub dead_executors: usize,
}

/// Spark's defaults.
impl Default for Limits {
    fn default() -> Self {
        Self { jobs: 1_000, stages: 1_000, tasks: 100_000, dead_executors: 100 }
    }
}

/// Answers what runs and what ran. Running jobs and stages are always there, ended ones up to `Limits`.
#[derive(Debug)]
pub struct StatusStore {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    application: ApplicationData,
    jobs: jobs::Jobs,
    stages: stages::Stages,
    executors: executors::Executors,
    rdds: rdds::Rdds,
}

impl StatusStore {
    /// An empty store.
    pub fn new(limits: Limits) -> Self {
        Self {
            state: Mutex::new(State {
                limits,
                application: ApplicationData::default(),
                jobs: jobs::Jobs::default(),
                stages: stages::Stages::default(),
                executors: executors::Executors::default(),
                rdds: rdds::Rdds::default(),
            }),
        }
    }

    /// Takes events in, oldest first.
    pub fn apply<'a>(&self, events: impl IntoIterator<Item = &'a ListenerEvent>) {
        let mut state = self.state.lock();
        for event in events {
            state.apply(event);
        }
    }

    /// The application itself.
    pub fn application(&self) -> ApplicationData {
        self.state.lock().application.clone()
    }

    /// All jobs that are kept, ascending.
    pub fn jobs(&self) -> Vec<JobData> {
        self.state.lock().jobs.iter().cloned().collect()
    }

    /// One job.
    pub fn job(&self, job: JobId) -> Option<JobData> {
        self.state.lock().jobs.get(job).cloned()
    }

    /// The jobs that `select` takes, ascending, without copying the others.
    pub fn job_ids(&self, select: impl Fn(&JobData) -> bool) -> Vec<JobId> {
        self.state.lock().jobs.iter().filter(|job| select(job)).map(|job| job.job).collect()
    }

    /// All stage attempts that are kept, ascending.
    pub fn stages(&self) -> Vec<StageData> {
        self.state.lock().stages.iter().map(|attempt| attempt.data.clone()).collect()
    }

    /// The attempts of one stage that are kept, ascending.
    pub fn stage(&self, stage: StageId) -> Vec<StageData> {
        self.state.lock().stages.attempts(stage).map(|attempt| attempt.data.clone()).collect()
    }

    /// Ids of the stages that run, ascending.
    pub fn active_stage_ids(&self) -> Vec<StageId> {
        self.state.lock().stages.active().map(|data| data.info.stage).collect()
    }

    /// What the progress bar shows of the stages that run, ascending.
    pub fn active_stages(&self) -> Vec<StageProgress> {
        self.state.lock().stages.active().map(StageProgress::of).collect()
    }

    /// Task rows of a stage attempt that are kept, by launch: `length` of them from `offset` on.
    pub fn tasks(&self, stage: StageId, attempt: u32, offset: usize, length: usize) -> Vec<TaskData> {
        let state = self.state.lock();
        let Some(attempt) = state.stages.attempts(stage).find(|kept| kept.data.info.attempt == attempt)
        else {
            return Vec::new();
        };
        attempt.rows.iter().skip(offset).take(length).cloned().collect()
    }

    /// The executors, ascending; with `dead` those that went, too.
    pub fn executors(&self, dead: bool) -> Vec<ExecutorData> {
        self.state.lock().executors.iter().filter(|executor| dead || executor.is_active()).cloned().collect()
    }

    /// One executor.
    pub fn executor(&self, executor: ExecutorId) -> Option<ExecutorData> {
        self.state.lock().executors.get(executor).cloned()
    }

    /// The persisted RDDs, ascending.
    pub fn rdds(&self) -> Vec<RddData> {
        self.state.lock().rdds.all()
    }

    /// One persisted RDD.
    pub fn rdd(&self, rdd: RddId) -> Option<RddData> {
        self.state.lock().rdds.get(rdd)
    }
}

impl State {
    fn apply(&mut self, event: &ListenerEvent) {
        match event {
            ListenerEvent::ApplicationStart { name, id, time, user } => {
                self.application.name.clone_from(name);
                self.application.id.clone_from(id);
                self.application.user.clone_from(user);
                self.application.start_time = Some(*time);
            }
            ListenerEvent::EnvironmentUpdate { spark_properties } => {
                self.application.spark_properties.clone_from(spark_properties);
            }
            ListenerEvent::ApplicationEnd { time } => self.application.end_time = Some(*time),
            ListenerEvent::ExecutorAdded { time, executor, host, cores } => {
                self.executors.on_added(*executor, *time, host, *cores);
            }
            ListenerEvent::ExecutorRemoved { time, executor, reason } => {
                self.executors.on_removed(*executor, *time, reason, self.limits.dead_executors);
                self.rdds.on_executor_gone(*executor);
            }
            ListenerEvent::BlockManagerAdded { executor, address, max_memory, time: _ } => {
                self.executors.on_block_manager_added(*executor, address, *max_memory);
            }
            ListenerEvent::BlockManagerRemoved { executor, time: _ } => self.rdds.on_executor_gone(*executor),
            ListenerEvent::ExecutorMetricsUpdate { executor, metrics } => {
                self.executors.on_metrics(*executor, *metrics);
            }
            ListenerEvent::JobStart { job, time, stages, properties } => {
                self.jobs.on_start(*job, *time, stages, properties);
                self.stages.on_job_start(*job, stages, properties);
            }
            ListenerEvent::JobEnd { job, time, outcome } => {
                self.stages.on_job_end(*job, &mut self.jobs);
                self.jobs.on_end(*job, *time, outcome);
                self.jobs.trim(self.limits.jobs);
                self.stages.trim(self.limits.stages);
            }
            ListenerEvent::StageSubmitted { stage, properties } => {
                self.rdds.on_stage_submitted(stage);
                self.stages.on_submitted(stage, properties, &mut self.jobs);
            }
            ListenerEvent::StageCompleted { stage } => {
                self.stages.on_completed(stage, &mut self.jobs);
                self.stages.trim(self.limits.stages);
            }
            ListenerEvent::TaskStart { stage, stage_attempt, task } => {
                self.stages.on_task_start(*stage, *stage_attempt, task, self.limits.tasks, &mut self.jobs);
                self.executors.on_task_start(task.executor);
            }
            ListenerEvent::TaskGettingResult { task } => self.stages.on_getting_result(task),
            ListenerEvent::TaskEnd { stage, stage_attempt, is_map: _, reason, task, metrics } => {
                self.stages.on_task_end(*stage, *stage_attempt, (reason, task, metrics), &mut self.jobs);
                self.executors.on_task_end(reason, task, metrics);
            }
            ListenerEvent::BlockUpdated { executor, update } => {
                let change = self.rdds.on_block_updated(*executor, update);
                self.executors.on_blocks_changed(*executor, change);
            }
            ListenerEvent::UnpersistRdd { rdd } => {
                for (executor, change) in self.rdds.on_unpersist(*rdd) {
                    self.executors.on_blocks_changed(executor, change);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
