//! What an executor says.

use hearth_types::{ExecutorId, ShuffleId};

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
            FromExecutor::Heartbeat => Kind::Heartbeat(pb::Heartbeat {}),
            FromExecutor::CommitRequest(id) => Kind::CommitRequest(id.into()),
            FromExecutor::MapOutputsRequest(shuffle) => {
                Kind::MapOutputsRequest(pb::MapOutputsRequest { shuffle: shuffle.0 })
            }
            FromExecutor::BlockUpdates(updates) => Kind::BlockUpdates(pb::BlockUpdates {
                updates: updates.into_iter().map(Into::into).collect(),
            }),
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
            Kind::Heartbeat(pb::Heartbeat {}) => Self::Heartbeat,
            Kind::CommitRequest(id) => Self::CommitRequest(id.into()),
            Kind::MapOutputsRequest(request) => Self::MapOutputsRequest(ShuffleId(request.shuffle)),
            Kind::BlockUpdates(updates) => Self::BlockUpdates(all(updates.updates)?),
        })
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
