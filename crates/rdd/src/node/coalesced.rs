//! Fewer partitions without a shuffle: each reads a run of its parent's. Spark: `CoalescedRDD`.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::NarrowMapping;

use super::{AnyLineage, Dependency, Lineage, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// `from` partitions of the parent, read in `to` runs.
pub(crate) struct Coalesced<T> {
    parent: Arc<Lineage<T>>,
    from: u32,
    to: u32,
}

impl<T: Data> Coalesced<T> {
    pub(crate) fn new(parent: Arc<Lineage<T>>, to: u32) -> Self {
        let from = parent.partitions();
        Self { parent, from, to }
    }

    fn mapping(&self) -> NarrowMapping {
        NarrowMapping::Runs { parents: self.from, children: self.to }
    }
}

impl<T: Data> Node for Coalesced<T> {
    type Item = T;
    type Wire = (u32, u32);

    fn kind(&self) -> &'static str {
        "CoalescedRDD"
    }

    fn to_wire(&self) -> Result<(u32, u32), WireError> {
        Ok((self.from, self.to))
    }

    fn from_wire((from, to): (u32, u32), parents: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { parent: parents.get(0)?, from, to })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        vec![Dependency::Narrow { parent: self.parent.clone(), mapping: self.mapping() }]
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        let (parent, task) = (self.parent.clone(), task.clone());
        Records::new(self.mapping().parents_of(split).flat_map(move |split| parent.iterator(split, &task)))
    }
}
