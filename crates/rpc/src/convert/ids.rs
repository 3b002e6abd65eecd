//! Attempts, blocks, storage levels.

use hearth_types::{
    BlockId, BlockUpdate, BroadcastId, RddId, ShuffleId, StageId, StorageLevel, TaskAttempt, TaskId,
};

use super::{Malformed, required};
use crate::generated::control as pb;
use pb::block_id::Kind;

impl From<TaskAttempt> for pb::TaskAttempt {
    fn from(id: TaskAttempt) -> Self {
        let TaskAttempt { stage, stage_attempt, partition, attempt, task } = id;
        Self { stage: stage.0, stage_attempt, partition, attempt, task: task.0 }
    }
}

impl From<pb::TaskAttempt> for TaskAttempt {
    fn from(id: pb::TaskAttempt) -> Self {
        let pb::TaskAttempt { stage, stage_attempt, partition, attempt, task } = id;
        Self { stage: StageId(stage), stage_attempt, partition, attempt, task: TaskId(task) }
    }
}

impl From<BlockId> for pb::BlockId {
    fn from(id: BlockId) -> Self {
        let kind = match id {
            BlockId::Rdd { rdd, partition } => Kind::Rdd(pb::RddBlockId { rdd: rdd.0, partition }),
            BlockId::Shuffle { shuffle, map_task } => {
                Kind::Shuffle(pb::ShuffleBlockId { shuffle: shuffle.0, map_task: map_task.0 })
            }
            BlockId::Broadcast(id) => Kind::Broadcast(id.0),
            BlockId::TaskResult(task) => Kind::TaskResult(task.0),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<pb::BlockId> for BlockId {
    type Error = Malformed;

    fn try_from(id: pb::BlockId) -> Result<Self, Malformed> {
        Ok(match required(id.kind, "BlockId", "kind")? {
            Kind::Rdd(pb::RddBlockId { rdd, partition }) => Self::Rdd { rdd: RddId(rdd), partition },
            Kind::Shuffle(pb::ShuffleBlockId { shuffle, map_task }) => {
                Self::Shuffle { shuffle: ShuffleId(shuffle), map_task: TaskId(map_task) }
            }
            Kind::Broadcast(id) => Self::Broadcast(BroadcastId(id)),
            Kind::TaskResult(task) => Self::TaskResult(TaskId(task)),
        })
    }
}

impl From<BlockUpdate> for pb::BlockUpdate {
    fn from(update: BlockUpdate) -> Self {
        let BlockUpdate { rdd, partition, level, memory_size, disk_size } = update;
        let StorageLevel { disk, memory, deserialized } = level;
        let level = Some(pb::StorageLevel { disk, memory, deserialized });
        Self { rdd: rdd.0, partition, level, memory_size, disk_size }
    }
}

impl TryFrom<pb::BlockUpdate> for BlockUpdate {
    type Error = Malformed;

    fn try_from(update: pb::BlockUpdate) -> Result<Self, Malformed> {
        let pb::BlockUpdate { rdd, partition, level, memory_size, disk_size } = update;
        let pb::StorageLevel { disk, memory, deserialized } = required(level, "BlockUpdate", "level")?;
        let level = StorageLevel { disk, memory, deserialized };
        Ok(Self { rdd: RddId(rdd), partition, level, memory_size, disk_size })
    }
}
