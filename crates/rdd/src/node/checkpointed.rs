//! An RDD that was written to files and reads them instead of its parents. Spark: an `RDD` after `doCheckpoint`, whose one
//! dependency is a `ReliableCheckpointRDD`.

use std::sync::Arc;

use hearth_storage::Data;

use super::{Dependency, Lineage, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// The same records as `written`, under the kind of the RDD that was there before.
pub(crate) struct Checkpointed<T> {
    kind: &'static str,
    written: Arc<Lineage<T>>,
}

impl<T: Data> Checkpointed<T> {
    pub(crate) fn new(kind: &'static str, written: Arc<Lineage<T>>) -> Self {
        Self { kind, written }
    }
}

impl<T: Data> Node for Checkpointed<T> {
    type Item = T;
    type Wire = ();

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn to_wire(&self) -> Result<(), WireError> {
        Ok(())
    }

    fn from_wire((): (), parents: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { kind: "CheckpointedRDD", written: parents.get(0)? })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        vec![Dependency::one_to_one(&self.written)]
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        self.written.iterator(split, task)
    }
}
