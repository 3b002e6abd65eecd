//! One action of the user's program. Spark: `ActiveJob`.

use std::collections::BTreeSet;
use std::sync::Arc;

use hearth_types::{JobId, JobProperties, StageId};

use crate::bits::Bits;

/// A job that has not ended.
#[derive(Debug)]
pub(crate) struct ActiveJob {
    pub(crate) id: JobId,
    pub(crate) result_stage: StageId,
    /// The partitions it asked for, in the order of its results.
    pub(crate) partitions: Arc<[u32]>,
    /// Positions whose result was accepted.
    pub(crate) finished: Bits,
    /// Bytes of all results that were let in, and how many tasks made them.
    pub(crate) result_bytes: u64,
    pub(crate) result_tasks: u32,
    pub(crate) properties: JobProperties,
    /// Every stage it may need.
    pub(crate) stages: BTreeSet<StageId>,
}

impl ActiveJob {
    /// How many results it asked for.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.partitions.len()).unwrap_or(u32::MAX)
    }

    /// Whether every result is there.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.count() == self.len()
    }
}
