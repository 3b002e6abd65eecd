//! Actions as lines of a script.

use std::collections::BTreeSet;

use hearth_types::{JobOutcome, ListenerEvent, StageInfo, TaskAttempt, TaskLocality};

use crate::{Action, JobResult};

/// Which listener events to print, by name.
#[derive(Debug, Default)]
pub(super) struct Shown(pub(super) BTreeSet<String>);

pub(super) fn label(id: &TaskAttempt) -> String {
    let TaskAttempt { stage, stage_attempt, partition, attempt, task: _ } = id;
    format!("s{stage}.{stage_attempt}/{partition}.{attempt}")
}

/// The line of an action, if it is to be printed.
pub(super) fn line(action: &Action, shown: &Shown) -> Option<String> {
    let text = match action {
        Action::LaunchTask { executor, task } => {
            let locality = match task.locality {
                TaskLocality::ProcessLocal => String::new(),
                TaskLocality::NodeLocal | TaskLocality::NoPref | TaskLocality::Any => {
                    format!(" {}", task.locality.as_str())
                }
            };
            let detail = if shown.0.contains("launch") {
                format!(
                    " tid={} index={} job={} binary={} epoch={}",
                    task.id.task, task.index, task.job, task.binary, task.epoch
                )
            } else {
                String::new()
            };
            format!("launch {} on {executor}{locality}{detail}", label(&task.id))
        }
        Action::KillTask { executor, id, reason } => format!("kill {} on {executor}: {reason}", label(id)),
        Action::RequestExecutors { total } => format!("request {total}"),
        Action::RemoveExecutors { executors } => {
            let ids: Vec<_> = executors.iter().map(ToString::to_string).collect();
            format!("remove {}", ids.join(" "))
        }
        Action::AbandonExecutor { executor } => format!("abandon {executor}"),
        Action::RemoveShuffle { shuffle } => format!("remove-shuffle {shuffle}"),
        Action::ForgetCached { rdd, first_task } => format!("forget-cached {rdd} before tid={first_task}"),
        Action::AnswerCommit { executor: _, id, allowed } => {
            format!("{} {}", if *allowed { "commit" } else { "deny" }, label(id))
        }
        Action::SendMapOutputs { executor, shuffle, epoch, outputs } => {
            let places: Vec<_> = outputs
                .iter()
                .map(|output| {
                    output.as_ref().map_or_else(|| "-".to_owned(), |output| output.executor.to_string())
                })
                .collect();
            format!("outputs {shuffle} to {executor} epoch={epoch}: {}", places.join(" "))
        }
        Action::FetchResult { executor, id } => format!("fetch {} from {executor}", label(id)),
        Action::AcceptTask { id, deliver: None } => format!("accept {}", label(id)),
        Action::AcceptTask { id, deliver: Some((job, position)) } => {
            format!("accept {} as {position} of job {job}", label(id))
        }
        Action::CompleteJob { job, result } => match result {
            JobResult::Succeeded => format!("job {job} succeeded"),
            JobResult::Failed(why) => format!("job {job} failed: {why}"),
            JobResult::Cancelled(why) => format!("job {job} cancelled: {why}"),
        },
        Action::ForgetStage { stage, binary } => {
            return shown.0.contains("forget").then(|| format!("forget s{stage} binary={binary}"));
        }
        Action::Post(event) => return event_line(event, shown),
    };
    Some(text)
}

fn event_line(event: &ListenerEvent, shown: &Shown) -> Option<String> {
    let (name, text) = match event {
        ListenerEvent::ApplicationStart { .. } => ("ApplicationStart", String::new()),
        ListenerEvent::EnvironmentUpdate { .. } => ("EnvironmentUpdate", String::new()),
        ListenerEvent::ApplicationEnd { .. } => ("ApplicationEnd", String::new()),
        ListenerEvent::ExecutorAdded { executor, host, cores, .. } => {
            ("ExecutorAdded", format!("{executor} on {host} with {cores}"))
        }
        ListenerEvent::ExecutorRemoved { executor, reason, .. } => {
            ("ExecutorRemoved", format!("{executor}: {reason}"))
        }
        ListenerEvent::BlockManagerAdded { executor, .. } => ("BlockManagerAdded", executor.to_string()),
        ListenerEvent::BlockManagerRemoved { executor, .. } => ("BlockManagerRemoved", executor.to_string()),
        ListenerEvent::ExecutorMetricsUpdate { executor, .. } => {
            ("ExecutorMetricsUpdate", executor.to_string())
        }
        ListenerEvent::JobStart { job, stages, .. } => {
            let stages: Vec<_> = stages.iter().map(stage_text).collect();
            ("JobStart", format!("{job}: {}", stages.join(", ")))
        }
        ListenerEvent::JobEnd { job, outcome, .. } => match outcome {
            JobOutcome::Succeeded => ("JobEnd", format!("{job} succeeded")),
            JobOutcome::Failed { message } => ("JobEnd", format!("{job} failed: {message}")),
        },
        ListenerEvent::StageSubmitted { stage, .. } => ("StageSubmitted", stage_text(stage)),
        ListenerEvent::StageCompleted { stage } => {
            let end = stage.failure_reason.as_ref().map_or(String::new(), |why| format!(" failed: {why}"));
            ("StageCompleted", format!("{}{end}", stage_text(stage)))
        }
        ListenerEvent::TaskStart { task, .. } => {
            ("TaskStart", format!("tid={} on {}", task.task, task.executor))
        }
        ListenerEvent::TaskGettingResult { task } => ("TaskGettingResult", format!("tid={}", task.task)),
        ListenerEvent::TaskEnd { reason, task, .. } => {
            ("TaskEnd", format!("tid={} {:?}: {reason}", task.task, task.status))
        }
        ListenerEvent::BlockUpdated { executor, update } => {
            ("BlockUpdated", format!("rdd_{}_{} on {executor}", update.rdd, update.partition))
        }
        ListenerEvent::UnpersistRdd { rdd } => ("UnpersistRdd", rdd.to_string()),
    };
    shown.0.contains(name).then(|| format!("{name} {text}"))
}

fn stage_text(stage: &StageInfo) -> String {
    format!("s{}.{} x{}", stage.stage, stage.attempt, stage.tasks)
}
