//! How an attempt ended.

use std::sync::Arc;

use hearth_types::{ExceptionKind, ExecutorId, ExecutorLossReason, KillReason, ShuffleId, TaskEndReason};

use super::{Malformed, all, required};
use crate::generated::control as pb;
use crate::message::{TaskEnded, TaskOutcome};
use pb::{
    executor_loss_reason::Kind as Loss, kill_reason::Kind as Kill, task_end_reason::Kind as End,
    task_ended::Outcome,
};

impl From<TaskEnded> for pb::TaskEnded {
    fn from(ended: TaskEnded) -> Self {
        let TaskEnded { id, outcome, metrics, accumulators, blocks } = ended;
        let outcome = match outcome {
            TaskOutcome::MapOutput { sizes, checksum } => {
                Some(Outcome::MapOutput(pb::WrittenMapOutput { sizes: Some((&sizes).into()), checksum }))
            }
            TaskOutcome::Result(bytes) => Some(Outcome::Result(bytes)),
            TaskOutcome::StoredResult { size } => Some(Outcome::StoredResult(pb::StoredResult { size })),
            TaskOutcome::Failed(reason) => end_reason(&reason).map(Outcome::Failed),
        };
        Self {
            id: Some(id.into()),
            outcome,
            metrics: Some(metrics.as_ref().into()),
            accumulators: accumulators
                .into_iter()
                .map(|(accumulator, update)| pb::AccumulatorUpdate { accumulator, update })
                .collect(),
            blocks: blocks.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::TaskEnded> for TaskEnded {
    type Error = Malformed;

    fn try_from(ended: pb::TaskEnded) -> Result<Self, Malformed> {
        let pb::TaskEnded { id, outcome, metrics, accumulators, blocks } = ended;
        let outcome = match required(outcome, "TaskEnded", "outcome")? {
            Outcome::MapOutput(pb::WrittenMapOutput { sizes, checksum }) => {
                let sizes = required(sizes, "WrittenMapOutput", "sizes")?.try_into()?;
                TaskOutcome::MapOutput { sizes, checksum }
            }
            Outcome::Result(bytes) => TaskOutcome::Result(bytes),
            Outcome::StoredResult(pb::StoredResult { size }) => TaskOutcome::StoredResult { size },
            Outcome::Failed(reason) => TaskOutcome::Failed(Arc::new(reason.try_into()?)),
        };
        Ok(Self {
            id: required(id, "TaskEnded", "id")?.into(),
            outcome,
            metrics: Box::new(metrics.map(Into::into).unwrap_or_default()),
            accumulators: accumulators.into_iter().map(|one| (one.accumulator, one.update)).collect(),
            blocks: all(blocks)?,
        })
    }
}

/// `None` for a success, which is never the reason of a failure.
fn end_reason(reason: &TaskEndReason) -> Option<pb::TaskEndReason> {
    let kind = match reason {
        TaskEndReason::Success => return None,
        TaskEndReason::Resubmitted => End::Resubmitted(pb::Resubmitted {}),
        TaskEndReason::FetchFailed { shuffle, map_index, reduce, from, message } => {
            End::FetchFailed(pb::FetchFailed {
                shuffle: shuffle.0,
                map_index: *map_index,
                reduce: *reduce,
                from: from.map(|executor| executor.0),
                message: message.clone(),
            })
        }
        TaskEndReason::ExceptionFailure { kind, message, backtrace } => {
            End::ExceptionFailure(pb::ExceptionFailure {
                kind: pb::ExceptionKind::from(*kind).into(),
                message: message.clone(),
                backtrace: backtrace.clone(),
            })
        }
        TaskEndReason::TaskResultLost => End::TaskResultLost(pb::TaskResultLost {}),
        TaskEndReason::TaskKilled(reason) => End::TaskKilled(reason.clone().into()),
        TaskEndReason::TaskCommitDenied => End::TaskCommitDenied(pb::TaskCommitDenied {}),
        TaskEndReason::ExecutorLost { executor, reason } => {
            End::ExecutorLost(pb::ExecutorLost { executor: executor.0, reason: Some(reason.clone().into()) })
        }
    };
    Some(pb::TaskEndReason { kind: Some(kind) })
}

impl TryFrom<pb::TaskEndReason> for TaskEndReason {
    type Error = Malformed;

    fn try_from(reason: pb::TaskEndReason) -> Result<Self, Malformed> {
        Ok(match required(reason.kind, "TaskEndReason", "kind")? {
            End::Resubmitted(pb::Resubmitted {}) => Self::Resubmitted,
            End::FetchFailed(pb::FetchFailed { shuffle, map_index, reduce, from, message }) => {
                let from = from.map(ExecutorId);
                Self::FetchFailed { shuffle: ShuffleId(shuffle), map_index, reduce, from, message }
            }
            End::ExceptionFailure(failure) => Self::ExceptionFailure {
                kind: exception_kind(failure.kind)?,
                message: failure.message,
                backtrace: failure.backtrace,
            },
            End::TaskResultLost(pb::TaskResultLost {}) => Self::TaskResultLost,
            End::TaskKilled(reason) => Self::TaskKilled(reason.try_into()?),
            End::TaskCommitDenied(pb::TaskCommitDenied {}) => Self::TaskCommitDenied,
            End::ExecutorLost(pb::ExecutorLost { executor, reason }) => Self::ExecutorLost {
                executor: ExecutorId(executor),
                reason: required(reason, "ExecutorLost", "reason")?.try_into()?,
            },
        })
    }
}

impl From<ExceptionKind> for pb::ExceptionKind {
    fn from(kind: ExceptionKind) -> Self {
        match kind {
            ExceptionKind::User => Self::User,
            ExceptionKind::NotSerializable => Self::NotSerializable,
            ExceptionKind::OutputExists => Self::OutputExists,
        }
    }
}

fn exception_kind(value: i32) -> Result<ExceptionKind, Malformed> {
    match pb::ExceptionKind::try_from(value) {
        Ok(pb::ExceptionKind::User) => Ok(ExceptionKind::User),
        Ok(pb::ExceptionKind::NotSerializable) => Ok(ExceptionKind::NotSerializable),
        Ok(pb::ExceptionKind::OutputExists) => Ok(ExceptionKind::OutputExists),
        Ok(pb::ExceptionKind::Unspecified) | Err(_) => {
            Err(Malformed::OutOfRange { message: "ExceptionFailure", field: "kind", value: value.into() })
        }
    }
}

impl From<KillReason> for pb::KillReason {
    fn from(reason: KillReason) -> Self {
        let kind = match reason {
            KillReason::AnotherAttemptSucceeded => {
                Kill::AnotherAttemptSucceeded(pb::AnotherAttemptSucceeded {})
            }
            KillReason::StageCancelled => Kill::StageCancelled(pb::StageCancelled {}),
            KillReason::ExecutorShutdown => Kill::ExecutorShutdown(pb::ExecutorShutdown {}),
            KillReason::Asked(why) => Kill::Asked(why),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::KillReason> for KillReason {
    type Error = Malformed;

    fn try_from(reason: pb::KillReason) -> Result<Self, Malformed> {
        Ok(match required(reason.kind, "KillReason", "kind")? {
            Kill::AnotherAttemptSucceeded(pb::AnotherAttemptSucceeded {}) => Self::AnotherAttemptSucceeded,
            Kill::StageCancelled(pb::StageCancelled {}) => Self::StageCancelled,
            Kill::ExecutorShutdown(pb::ExecutorShutdown {}) => Self::ExecutorShutdown,
            Kill::Asked(why) => Self::Asked(why),
        })
    }
}

impl From<ExecutorLossReason> for pb::ExecutorLossReason {
    fn from(reason: ExecutorLossReason) -> Self {
        let kind = match reason {
            ExecutorLossReason::Exited { code } => Loss::Exited(code),
            ExecutorLossReason::Disconnected => Loss::Disconnected(pb::Disconnected {}),
            ExecutorLossReason::HeartbeatTimeout { silent_millis, limit_millis } => {
                Loss::HeartbeatTimeout(pb::HeartbeatTimeout { silent_millis, limit_millis })
            }
            ExecutorLossReason::Removed => Loss::Removed(pb::Removed {}),
            ExecutorLossReason::NotByApp(why) => Loss::NotByApp(why),
            ExecutorLossReason::Failed(why) => Loss::Failed(why),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::ExecutorLossReason> for ExecutorLossReason {
    type Error = Malformed;

    fn try_from(reason: pb::ExecutorLossReason) -> Result<Self, Malformed> {
        Ok(match required(reason.kind, "ExecutorLossReason", "kind")? {
            Loss::Exited(code) => Self::Exited { code },
            Loss::Disconnected(pb::Disconnected {}) => Self::Disconnected,
            Loss::HeartbeatTimeout(pb::HeartbeatTimeout { silent_millis, limit_millis }) => {
                Self::HeartbeatTimeout { silent_millis, limit_millis }
            }
            Loss::Removed(pb::Removed {}) => Self::Removed,
            Loss::NotByApp(why) => Self::NotByApp(why),
            Loss::Failed(why) => Self::Failed(why),
        })
    }
}
