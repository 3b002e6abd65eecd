//! Names of stored bytes. Spark: `BlockId`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BroadcastId, RddId, ShuffleId, StorageLevel, TaskId};

/// The name of a block. `Display` is Spark's spelling (`rdd_3_0`, `shuffle_0_12_0`, `broadcast_1`, `taskresult_7`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BlockId {
    /// One cached partition of an RDD.
    Rdd {
        /// The RDD.
        rdd: RddId,
        /// Its partition.
        partition: u32,
    },
    /// All output of one map task.
    Shuffle {
        /// The shuffle.
        shuffle: ShuffleId,
        /// The task that wrote it; so outputs of two attempts never mix.
        map_task: TaskId,
    },
    /// The value of a broadcast variable.
    Broadcast(BroadcastId),
    /// A task result too large to travel in a status update.
    TaskResult(TaskId),
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rdd { rdd, partition } => write!(f, "rdd_{rdd}_{partition}"),
            Self::Shuffle { shuffle, map_task } => write!(f, "shuffle_{shuffle}_{map_task}_0"),
            Self::Broadcast(id) => write!(f, "broadcast_{id}"),
            Self::TaskResult(task) => write!(f, "taskresult_{task}"),
        }
    }
}

/// A cached partition appeared, moved between memory and disk, or went. Spark: `BlockManagerMaster.updateBlockInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockUpdate {
    /// The RDD.
    pub rdd: RddId,
    /// Its partition.
    pub partition: u32,
    /// Where it is now; `StorageLevel::NONE` when the executor no longer has it.
    pub level: StorageLevel,
    /// Bytes held in memory.
    pub memory_size: u64,
    /// Bytes held on disk.
    pub disk_size: u64,
}
