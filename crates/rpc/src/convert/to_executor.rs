//! What the driver says to an executor.

use hearth_types::{RddId, ShuffleId, TaskBinaryId, TaskId};

use super::launch::{launch_from_pb, launch_to_pb};
use super::{Malformed, required};
use crate::generated::control as pb;
use crate::message::{AppConfig, RemoveBlocks, ToExecutor};
use pb::{remove_blocks::Which, to_executor::Kind};

impl From<ToExecutor> for pb::ToExecutor {
    fn from(message: ToExecutor) -> Self {
        let kind = match message {
            ToExecutor::Registered => Kind::Registered(pb::Registered {}),
            ToExecutor::Refused(reason) => Kind::Refused(pb::Refused { reason }),
            ToExecutor::Launch { binaries, tasks } => Kind::Launch(launch_to_pb(binaries, tasks)),
            ToExecutor::Kill { id, reason } => {
                Kind::Kill(pb::Kill { id: Some(id.into()), reason: Some(reason.into()) })
            }
            ToExecutor::CommitAnswer { id, allowed } => {
                Kind::CommitAnswer(pb::CommitAnswer { id: Some(id.into()), allowed })
            }
            ToExecutor::MapOutputs(outputs) => Kind::MapOutputs(outputs.into()),
            ToExecutor::CachedAt { rdd, partition, addresses } => {
                Kind::CachedAt(pb::CachedAt { rdd: rdd.0, partition, addresses })
            }
            ToExecutor::Remove(blocks) => Kind::Remove(blocks.into()),
            ToExecutor::ForgetBinaries(ids) => {
                Kind::ForgetBinaries(pb::ForgetBinaries { ids: ids.into_iter().map(|id| id.0).collect() })
            }
            ToExecutor::Shutdown => Kind::Shutdown(pb::Shutdown {}),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::ToExecutor> for ToExecutor {
    type Error = Malformed;

    fn try_from(message: pb::ToExecutor) -> Result<Self, Malformed> {
        Ok(match required(message.kind, "ToExecutor", "kind")? {
            Kind::Registered(pb::Registered {}) => Self::Registered,
            Kind::Refused(pb::Refused { reason }) => Self::Refused(reason),
            Kind::Launch(launch) => {
                let (binaries, tasks) = launch_from_pb(launch)?;
                Self::Launch { binaries, tasks }
            }
            Kind::Kill(pb::Kill { id, reason }) => Self::Kill {
                id: required(id, "Kill", "id")?.into(),
                reason: required(reason, "Kill", "reason")?.try_into()?,
            },
            Kind::CommitAnswer(pb::CommitAnswer { id, allowed }) => {
                Self::CommitAnswer { id: required(id, "CommitAnswer", "id")?.into(), allowed }
            }
            Kind::MapOutputs(outputs) => Self::MapOutputs(outputs.try_into()?),
            Kind::CachedAt(pb::CachedAt { rdd, partition, addresses }) => {
                Self::CachedAt { rdd: RddId(rdd), partition, addresses }
            }
            Kind::Remove(blocks) => Self::Remove(blocks.try_into()?),
            Kind::ForgetBinaries(pb::ForgetBinaries { ids }) => {
                Self::ForgetBinaries(ids.into_iter().map(TaskBinaryId).collect())
            }
            Kind::Shutdown(pb::Shutdown {}) => Self::Shutdown,
        })
    }
}

impl From<AppConfig> for pb::ConfigureResponse {
    fn from(config: AppConfig) -> Self {
        let AppConfig { conf, driver_block_address, driver_epoch } = config;
        Self { conf: conf.into_iter().collect(), driver_block_address, driver_epoch }
    }
}

impl From<pb::ConfigureResponse> for AppConfig {
    fn from(response: pb::ConfigureResponse) -> Self {
        let pb::ConfigureResponse { conf, driver_block_address, driver_epoch } = response;
        Self { conf: conf.into_iter().collect(), driver_block_address, driver_epoch }
    }
}

impl From<RemoveBlocks> for pb::RemoveBlocks {
    fn from(blocks: RemoveBlocks) -> Self {
        let which = match blocks {
            RemoveBlocks::Shuffle(shuffle) => Which::Shuffle(shuffle.0),
            RemoveBlocks::Rdd(rdd) => Which::Rdd(rdd.0),
            RemoveBlocks::ForgottenRdd { rdd, first_task } => {
                Which::ForgottenRdd(pb::ForgottenRdd { rdd: rdd.0, first_task: first_task.0 })
            }
            RemoveBlocks::Block(block) => Which::Block(block.into()),
        };
        Self { which: Some(which) }
    }
}

impl TryFrom<pb::RemoveBlocks> for RemoveBlocks {
    type Error = Malformed;

    fn try_from(blocks: pb::RemoveBlocks) -> Result<Self, Malformed> {
        Ok(match required(blocks.which, "RemoveBlocks", "which")? {
            Which::Shuffle(shuffle) => Self::Shuffle(ShuffleId(shuffle)),
            Which::Rdd(rdd) => Self::Rdd(RddId(rdd)),
            Which::ForgottenRdd(pb::ForgottenRdd { rdd, first_task }) => {
                Self::ForgottenRdd { rdd: RddId(rdd), first_task: TaskId(first_task) }
            }
            Which::Block(block) => Self::Block(block.try_into()?),
        })
    }
}
