//! What an executor says.

use hearth_types::{ExecutorId, ExecutorMetrics, RddId, ShuffleId};

use super::{Malformed, all, required};
use crate::generated::control as pb;
use crate::message::{FromExecutor, Registration};
use pb::from_executor::Kind;

impl From<FromExecutor> for pb::FromExecutor {
    fn from(message: FromExecutor) -> Self {
        let kind = match message {
            FromExecutor::Register(registration) => Kind::Register(registration.into()),
            FromExecutor::TasksEnded(tasks) => {
                Kind::TasksEnded(pb::TasksEnded { tasks: tasks.into_iter().map(Into::into).collect() })
            }
            FromExecutor::Heartbeat(metrics) => Kind::Heartbeat(metrics.into()),
            FromExecutor::CommitRequest(id) => Kind::CommitRequest(id.into()),
            FromExecutor::MapOutputsRequest(shuffle) => {
                Kind::MapOutputsRequest(pb::MapOutputsRequest { shuffle: shuffle.0 })
            }
            FromExecutor::CachedRequest { rdd, partition } => {
                Kind::CachedRequest(pb::CachedRequest { rdd: rdd.0, partition })
            }
            FromExecutor::BlockUpdates(updates) => Kind::BlockUpdates(pb::BlockUpdates {
                updates: updates.into_iter().map(Into::into).collect(),
            }),
            FromExecutor::Decommissioning => Kind::Decommissioning(pb::Decommissioning {}),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::FromExecutor> for FromExecutor {
    type Error = Malformed;

    fn try_from(message: pb::FromExecutor) -> Result<Self, Malformed> {
        Ok(match required(message.kind, "FromExecutor", "kind")? {
            Kind::Register(registration) => Self::Register(registration.into()),
            Kind::TasksEnded(ended) => Self::TasksEnded(all(ended.tasks)?),
            Kind::Heartbeat(heartbeat) => Self::Heartbeat(heartbeat.into()),
            Kind::CommitRequest(id) => Self::CommitRequest(id.into()),
            Kind::MapOutputsRequest(request) => Self::MapOutputsRequest(ShuffleId(request.shuffle)),
            Kind::CachedRequest(pb::CachedRequest { rdd, partition }) => {
                Self::CachedRequest { rdd: RddId(rdd), partition }
            }
            Kind::BlockUpdates(updates) => Self::BlockUpdates(all(updates.updates)?),
            Kind::Decommissioning(pb::Decommissioning {}) => Self::Decommissioning,
        })
    }
}

impl From<ExecutorMetrics> for pb::Heartbeat {
    fn from(metrics: ExecutorMetrics) -> Self {
        let ExecutorMetrics {
            storage_memory,
            execution_memory,
            resident_memory,
            running_tasks,
            queued_tasks,
        } = metrics;
        Self { storage_memory, execution_memory, resident_memory, running_tasks, queued_tasks }
    }
}

impl From<pb::Heartbeat> for ExecutorMetrics {
    fn from(heartbeat: pb::Heartbeat) -> Self {
        let pb::Heartbeat { storage_memory, execution_memory, resident_memory, running_tasks, queued_tasks } =
            heartbeat;
        Self { storage_memory, execution_memory, resident_memory, running_tasks, queued_tasks }
    }
}

impl From<Registration> for pb::Registration {
    fn from(registration: Registration) -> Self {
        let Registration { executor, host, slots, block_address, max_memory, protocol_version, build_id } =
            registration;
        Self { executor: executor.0, host, slots, block_address, max_memory, protocol_version, build_id }
    }
}

impl From<pb::Registration> for Registration {
    fn from(registration: pb::Registration) -> Self {
        let pb::Registration { executor, host, slots, block_address, max_memory, protocol_version, build_id } =
            registration;
        let executor = ExecutorId(executor);
        Self { executor, host, slots, block_address, max_memory, protocol_version, build_id }
    }
}
