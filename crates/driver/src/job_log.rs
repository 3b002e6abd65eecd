//! The log lines that Spark's users look for. Spark: what `DAGScheduler`, `TaskSetManager` and `SparkContext` log.
//!
//! They are made from listener events, and only those that somebody reads are made.

use std::collections::BTreeMap;

use hearth_types::{JobId, ListenerEvent, StageId, StageInfo, TaskEndReason, TaskInfo};
use tracing::Level;

/// Writes log lines about jobs, stages and tasks.
#[derive(Debug, Default)]
pub(crate) struct JobLog {
    /// Of each running stage attempt: tasks done, tasks in all.
    stages: BTreeMap<(StageId, u32), (u32, u32)>,
    /// The last stage of each running job.
    result_stages: BTreeMap<JobId, StageId>,
}

impl JobLog {
    pub(crate) fn observe(&mut self, events: &[ListenerEvent]) {
        let info = tracing::enabled!(Level::INFO);
        for event in events {
            match event {
                ListenerEvent::TaskStart { stage, stage_attempt, task }
                    if tracing::enabled!(Level::DEBUG) =>
                {
                    let TaskInfo { index, partition, attempt, task, host, executor, locality, .. } = task;
                    let locality = locality.as_str();
                    tracing::debug!(
                        "Starting task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {task}) ({host}, \
                         executor {executor}, partition {partition}, {locality})"
                    );
                }
                ListenerEvent::TaskEnd { stage, stage_attempt, reason, task, .. } => {
                    self.on_task_end((*stage, *stage_attempt), reason, task, info);
                }
                ListenerEvent::JobStart { job, stages, .. } => {
                    let last = stages.iter().map(|stage| stage.stage).max();
                    self.result_stages.extend(last.map(|stage| (*job, stage)));
                }
                ListenerEvent::JobEnd { job, .. } => {
                    self.result_stages.remove(job);
                }
                ListenerEvent::StageSubmitted { stage, .. } => {
                    self.stages.insert((stage.stage, stage.attempt), (0, stage.tasks));
                    tracing::info!(
                        "Submitting {} missing tasks from {} ({})",
                        stage.tasks,
                        self.stage_name(stage),
                        stage.name
                    );
                }
                ListenerEvent::StageCompleted { stage } => self.on_stage_completed(stage),
                ListenerEvent::ExecutorAdded { executor, host, cores, .. } => {
                    tracing::info!("Registered executor {executor} on {host} with {cores} slots");
                }
                ListenerEvent::ExecutorRemoved { executor, reason, .. } if reason.is_caused_by_app() => {
                    tracing::error!("Lost executor {executor}: {reason}");
                }
                ListenerEvent::ExecutorRemoved { executor, reason, .. } => {
                    tracing::info!("Removed executor {executor}: {reason}");
                }
                ListenerEvent::TaskStart { .. }
                | ListenerEvent::TaskGettingResult { .. }
                | ListenerEvent::ApplicationStart { .. }
                | ListenerEvent::EnvironmentUpdate { .. }
                | ListenerEvent::ApplicationEnd { .. }
                | ListenerEvent::BlockManagerAdded { .. }
                | ListenerEvent::BlockManagerRemoved { .. }
                | ListenerEvent::ExecutorMetricsUpdate { .. }
                | ListenerEvent::BlockUpdated { .. }
                | ListenerEvent::UnpersistRdd { .. } => {}
            }
        }
    }

    fn on_task_end(&mut self, stage: (StageId, u32), reason: &TaskEndReason, task: &TaskInfo, info: bool) {
        let counts = self.stages.get_mut(&stage);
        let (done, total) = counts.map_or((0, 0), |(done, total)| {
            *done += u32::from(*reason == TaskEndReason::Success);
            (*done, *total)
        });
        let TaskInfo { index, attempt, task: id, host, executor, launch_time, finish_time, .. } = task;
        let (stage, stage_attempt) = stage;
        match reason {
            TaskEndReason::Success if !info => {}
            TaskEndReason::Success => {
                let millis = finish_time.unwrap_or(*launch_time).since(*launch_time).as_millis();
                tracing::info!(
                    "Finished task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {id}) in {millis} ms on \
                     {host} (executor {executor}) ({done}/{total})"
                );
            }
            TaskEndReason::TaskKilled(_) | TaskEndReason::TaskCommitDenied => tracing::info!(
                "Task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {id}) ({host} executor {executor}) ended: \
                 {reason}"
            ),
            TaskEndReason::Resubmitted
            | TaskEndReason::FetchFailed { .. }
            | TaskEndReason::ExceptionFailure { .. }
            | TaskEndReason::TaskResultLost
            | TaskEndReason::ExecutorLost { .. } => tracing::warn!(
                "Lost task {index}.{attempt} in stage {stage}.{stage_attempt} (TID {id}) ({host} executor {executor}): \
                 {reason}"
            ),
        }
    }

    fn on_stage_completed(&mut self, stage: &StageInfo) {
        self.stages.remove(&(stage.stage, stage.attempt));
        let name = self.stage_name(stage);
        let took = match (stage.submission_time, stage.completion_time) {
            (Some(start), Some(end)) => end.since(start).as_secs_f64(),
            (None, _) | (_, None) => 0.0,
        };
        match &stage.failure_reason {
            None => tracing::info!("{name} ({}) finished in {took:.3} s", stage.name),
            Some(reason) => tracing::info!("{name} ({}) failed in {took:.3} s due to {reason}", stage.name),
        }
    }

    fn stage_name(&self, stage: &StageInfo) -> String {
        let is_result = self.result_stages.values().any(|last| *last == stage.stage);
        let kind = if is_result { "ResultStage" } else { "ShuffleMapStage" };
        format!("{kind} {}", stage.stage)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use hearth_types::{
        ExecutorId, HostName, JobProperties, TaskId, TaskLocality, TaskMetrics, TaskStatus, Timestamp,
    };
    use parking_lot::Mutex;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);

    impl Write for Text {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Text {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn logged(level: Level, events: &[ListenerEvent]) -> String {
        let text = Text::default();
        // With just one subscriber in the process, a thread without any decides for all that a line is not wanted.
        let _another = tracing::Dispatch::new(tracing_subscriber::registry());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(text.clone())
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || JobLog::default().observe(events));
        String::from_utf8(text.0.lock().clone()).unwrap()
    }

    fn events() -> Vec<ListenerEvent> {
        let stage = StageInfo {
            stage: StageId(0),
            attempt: 0,
            name: "collect at main.rs:2".to_owned(),
            tasks: 2,
            rdds: Arc::new([]),
            parents: Vec::new(),
            submission_time: Some(Timestamp::from_millis(0)),
            completion_time: None,
            failure_reason: None,
        };
        let task = TaskInfo {
            task: TaskId(0),
            index: 0,
            attempt: 0,
            partition: 5,
            launch_time: Timestamp::from_millis(10),
            executor: ExecutorId(1),
            host: HostName::new("host"),
            locality: TaskLocality::NoPref,
            speculative: false,
            getting_result_time: None,
            finish_time: Some(Timestamp::from_millis(142)),
            status: TaskStatus::Success,
        };
        let end = |reason| ListenerEvent::TaskEnd {
            stage: StageId(0),
            stage_attempt: 0,
            is_map: false,
            reason,
            task: task.clone(),
            metrics: Box::<TaskMetrics>::default(),
        };
        let (job, time, properties) = (JobId(0), Timestamp(0), JobProperties::default());
        vec![
            ListenerEvent::JobStart {
                job,
                time,
                stages: vec![stage.clone()],
                properties: properties.clone(),
            },
            ListenerEvent::StageSubmitted { stage, properties },
            end(TaskEndReason::Success),
            end(TaskEndReason::TaskResultLost),
        ]
    }

    #[test]
    fn the_lines_are_those_that_sparks_users_look_for() {
        assert_eq!(
            logged(Level::INFO, &events()),
            " INFO Submitting 2 missing tasks from ResultStage 0 (collect at main.rs:2)\n \
             INFO Finished task 0.0 in stage 0.0 (TID 0) in 132 ms on host (executor 1) (1/2)\n \
             WARN Lost task 0.0 in stage 0.0 (TID 0) (host executor 1): TaskResultLost (result lost from block manager)\n"
        );
    }

    #[test]
    fn who_listens_to_warnings_only_hears_of_lost_tasks_only() {
        let text = logged(Level::WARN, &events());
        assert!(text.starts_with(" WARN Lost task") && text.lines().count() == 1, "{text}");
    }
}
