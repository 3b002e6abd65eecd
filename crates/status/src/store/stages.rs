//! Stage attempts with their task rows. Spark: `LiveStage`, `LiveTask`.

use std::collections::{BTreeMap, VecDeque};

use hearth_types::{
    JobId, JobProperties, StageId, StageInfo, TaskEndReason, TaskInfo, TaskMetrics, TaskStatus, Timestamp,
};

use super::data::{StageData, StageStatus, TaskData};
use super::jobs::Jobs;
use super::metrics;
use super::tasks::{EndKind, PartitionSet, kill_summary};

#[derive(Debug, Default)]
pub(super) struct Stages {
    kept: BTreeMap<StageId, Stage>,
    /// Number of attempts in `kept`.
    attempts: usize,
    /// Number of task rows in `kept`.
    rows: usize,
    /// In the order in which they ended.
    ended: VecDeque<(StageId, u32)>,
    /// The same, those whose rows have not been dropped yet.
    with_rows: VecDeque<(StageId, u32)>,
}

#[derive(Debug, Default)]
struct Stage {
    /// Ascending.
    attempts: Vec<StageAttempt>,
    /// The running jobs that want it.
    jobs: Vec<JobId>,
    /// Partitions done, over all attempts; empty when no running job wants the stage.
    done: PartitionSet,
}

#[derive(Debug)]
pub(super) struct StageAttempt {
    pub(super) data: StageData,
    /// Ascending by task id.
    pub(super) rows: VecDeque<TaskData>,
}

impl StageAttempt {
    fn new(info: &StageInfo, properties: &JobProperties, status: StageStatus) -> Self {
        Self {
            data: StageData {
                info: info.clone(),
                status,
                pool: properties.pool.clone().unwrap_or_else(|| "default".to_owned()),
                description: properties.description.clone(),
                active_tasks: 0,
                completed_tasks: 0,
                failed_tasks: 0,
                killed_tasks: 0,
                first_task_launched: None,
                metrics: TaskMetrics::default(),
                killed_summary: BTreeMap::new(),
            },
            rows: VecDeque::new(),
        }
    }

    fn row_mut(&mut self, task: &TaskInfo) -> Option<&mut TaskData> {
        let at = self.rows.binary_search_by_key(&task.task, |row| row.task).ok()?;
        self.rows.get_mut(at)
    }

    /// Drops the oldest row of a task that has ended.
    fn drop_row(&mut self) -> bool {
        let Some(at) = self.rows.iter().position(|row| row.finish_time.is_some()) else { return false };
        self.rows.remove(at);
        true
    }
}

impl Stages {
    pub(super) fn iter(&self) -> impl Iterator<Item = &StageAttempt> {
        self.kept.values().flat_map(|stage| &stage.attempts)
    }

    pub(super) fn attempts(&self, stage: StageId) -> impl Iterator<Item = &StageAttempt> {
        self.kept.get(&stage).into_iter().flat_map(|stage| &stage.attempts)
    }

    pub(super) fn active(&self) -> impl Iterator<Item = &StageData> {
        self.iter().map(|attempt| &attempt.data).filter(|data| data.status == StageStatus::Active)
    }

    pub(super) fn on_job_start(&mut self, job: JobId, stages: &[StageInfo], properties: &JobProperties) {
        for info in stages {
            let stage = self.kept.entry(info.stage).or_default();
            stage.jobs.push(job);
            if stage.attempts.is_empty() {
                stage.attempts.push(StageAttempt::new(info, properties, StageStatus::Pending));
                self.attempts += 1;
            }
        }
    }

    pub(super) fn on_job_end(&mut self, job: JobId, jobs: &mut Jobs) {
        let Some(data) = jobs.get_mut(job) else { return };
        for id in data.stages.clone() {
            let Some(stage) = self.kept.get_mut(&id) else { continue };
            stage.jobs.retain(|wanting| *wanting != job);
            let unwanted = stage.jobs.is_empty();
            if unwanted {
                stage.done.clear();
            }
            let Some(last) = stage.attempts.last_mut() else { continue };
            if last.data.status == StageStatus::Pending {
                data.skipped_stages += 1;
                data.skipped_tasks = data.skipped_tasks.saturating_add(last.data.info.tasks);
                if unwanted {
                    last.data.status = StageStatus::Skipped;
                    self.ended.push_back((id, last.data.info.attempt));
                }
            }
        }
        data.active_stages = 0;
        data.active_tasks = 0;
    }

    pub(super) fn on_submitted(&mut self, info: &StageInfo, properties: &JobProperties, jobs: &mut Jobs) {
        let stage = self.kept.entry(info.stage).or_default();
        let at = stage.attempts.partition_point(|kept| kept.data.info.attempt < info.attempt);
        match stage.attempts.get_mut(at).filter(|kept| kept.data.info.attempt == info.attempt) {
            Some(kept) => {
                kept.data.info = info.clone();
                kept.data.status = StageStatus::Active;
            }
            None => {
                stage.attempts.insert(at, StageAttempt::new(info, properties, StageStatus::Active));
                self.attempts += 1;
            }
        }
        for job in &stage.jobs {
            if let Some(job) = jobs.get_mut(*job) {
                job.active_stages += 1;
            }
        }
    }

    pub(super) fn on_completed(&mut self, info: &StageInfo, jobs: &mut Jobs) {
        let Some(stage) = self.kept.get_mut(&info.stage) else { return };
        let Some(kept) = stage.attempts.iter_mut().find(|kept| kept.data.info.attempt == info.attempt) else {
            return;
        };
        let failed = info.failure_reason.is_some();
        kept.data.status = if failed { StageStatus::Failed } else { StageStatus::Complete };
        kept.data.info = info.clone();
        for job in &stage.jobs {
            if let Some(job) = jobs.get_mut(*job) {
                job.active_stages = job.active_stages.saturating_sub(1);
                *(if failed { &mut job.failed_stages } else { &mut job.completed_stages }) += 1;
            }
        }
        self.ended.push_back((info.stage, info.attempt));
        self.with_rows.push_back((info.stage, info.attempt));
    }

    fn attempt_mut(
        &mut self,
        stage: StageId,
        attempt: u32,
    ) -> Option<(&mut StageAttempt, &mut PartitionSet, &[JobId])> {
        let Stage { attempts, jobs, done } = self.kept.get_mut(&stage)?;
        let found = attempts.iter_mut().rev().find(|kept| kept.data.info.attempt == attempt)?;
        Some((found, done, jobs))
    }

    pub(super) fn on_task_start(
        &mut self,
        stage: StageId,
        attempt: u32,
        task: &TaskInfo,
        limit: usize,
        jobs: &mut Jobs,
    ) {
        let room = self.rows < limit || self.make_room(stage, attempt);
        let Some((kept, _, wanting)) = self.attempt_mut(stage, attempt) else { return };
        kept.data.active_tasks += 1;
        kept.data.first_task_launched.get_or_insert(task.launch_time);
        for job in wanting {
            if let Some(job) = jobs.get_mut(*job) {
                job.active_tasks += 1;
            }
        }
        if room {
            let at = match kept.rows.back() {
                Some(last) if last.task >= task.task => kept.rows.partition_point(|row| row.task < task.task),
                Some(_) | None => kept.rows.len(),
            };
            kept.rows.insert(at, row(task));
            self.rows += 1;
        }
    }

    /// Drops one row, of the stage that ended first or else of the stage that asks.
    fn make_room(&mut self, stage: StageId, attempt: u32) -> bool {
        while let Some((id, number)) = self.with_rows.front().copied() {
            if self.attempt_mut(id, number).is_some_and(|(kept, _, _)| kept.drop_row()) {
                self.rows -= 1;
                return true;
            }
            self.with_rows.pop_front();
        }
        let dropped = self.attempt_mut(stage, attempt).is_some_and(|(kept, _, _)| kept.drop_row());
        self.rows -= usize::from(dropped);
        dropped
    }

    pub(super) fn on_getting_result(&mut self, task: &TaskInfo) {
        let active = self.kept.values_mut().rev().flat_map(|stage| &mut stage.attempts);
        let row = active.filter(|kept| kept.data.active_tasks > 0).find_map(|kept| kept.row_mut(task));
        if let Some(row) = row {
            row.getting_result_time = task.getting_result_time;
        }
    }

    pub(super) fn on_task_end(
        &mut self,
        stage: StageId,
        attempt: u32,
        (reason, task, measured): (&TaskEndReason, &TaskInfo, &TaskMetrics),
        jobs: &mut Jobs,
    ) {
        let Some((kept, done, wanting)) = self.attempt_mut(stage, attempt) else { return };
        let kind = EndKind::of(reason);
        let data = &mut kept.data;
        if kind != EndKind::Resubmitted {
            data.active_tasks = data.active_tasks.saturating_sub(1);
            metrics::add(&mut data.metrics, measured);
        }
        let mut changed_index = false;
        match kind {
            EndKind::Completed => {
                data.completed_tasks += 1;
                changed_index = done.insert(task.partition);
            }
            EndKind::Failed => data.failed_tasks += 1,
            EndKind::Killed => {
                data.killed_tasks += 1;
                *data.killed_summary.entry(kill_summary(reason)).or_default() += 1;
            }
            EndKind::Resubmitted => {
                data.completed_tasks = data.completed_tasks.saturating_sub(1);
                data.failed_tasks += 1;
                changed_index = done.remove(task.partition);
            }
        }
        for job in wanting {
            let Some(job) = jobs.get_mut(*job) else { continue };
            match kind {
                EndKind::Completed => {
                    job.active_tasks = job.active_tasks.saturating_sub(1);
                    job.completed_tasks += 1;
                    job.completed_indices += u32::from(changed_index);
                }
                EndKind::Failed => {
                    job.active_tasks = job.active_tasks.saturating_sub(1);
                    job.failed_tasks += 1;
                }
                EndKind::Killed => {
                    job.active_tasks = job.active_tasks.saturating_sub(1);
                    job.killed_tasks += 1;
                    *job.killed_summary.entry(kill_summary(reason)).or_default() += 1;
                }
                EndKind::Resubmitted => {
                    job.completed_tasks = job.completed_tasks.saturating_sub(1);
                    job.failed_tasks += 1;
                    job.completed_indices -= u32::from(changed_index && job.completed_indices > 0);
                }
            }
        }
        if let Some(row) = kept.row_mut(task) {
            row.status = task.status;
            row.finish_time = Some(task.finish_time.unwrap_or(task.launch_time));
            row.getting_result_time = task.getting_result_time;
            if kind != EndKind::Resubmitted {
                row.metrics = *measured;
            }
            row.error = (kind != EndKind::Completed).then(|| reason.to_string().into());
        }
    }

    /// Drops the stage attempts that ended first until `limit` are left; running ones stay.
    pub(super) fn trim(&mut self, limit: usize) {
        while self.attempts > limit {
            let Some((id, number)) = self.ended.pop_front() else { return };
            let Some(stage) = self.kept.get_mut(&id) else { continue };
            let Some(at) = stage.attempts.iter().position(|kept| kept.data.info.attempt == number) else {
                continue;
            };
            self.rows -= stage.attempts.remove(at).rows.len();
            self.attempts -= 1;
            if stage.attempts.is_empty() && stage.jobs.is_empty() {
                self.kept.remove(&id);
            }
            if self.with_rows.front() == Some(&(id, number)) {
                self.with_rows.pop_front();
            }
        }
    }
}

fn row(task: &TaskInfo) -> TaskData {
    TaskData {
        task: task.task,
        index: task.index,
        attempt: task.attempt,
        partition: task.partition,
        executor: task.executor,
        host: task.host.clone(),
        launch_time: task.launch_time,
        getting_result_time: None,
        finish_time: None::<Timestamp>,
        locality: task.locality,
        status: TaskStatus::Running,
        speculative: task.speculative,
        error: None,
        metrics: TaskMetrics::default(),
    }
}
