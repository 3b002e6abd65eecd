//! Fewer partitions without a shuffle: each reads a run of its parent's. Spark: `CoalescedRDD`.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::NarrowMapping;

use super::{AnyLineage, Dependency, Lineage, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// Partition `i` of `to` reads the parent's from `i * from / to` to `(i + 1) * from / to`.
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

    fn parents_of(&self, split: u32) -> std::ops::Range<u32> {
        let cut = |at: u32| (u64::from(at) * u64::from(self.from) / u64::from(self.to.max(1))) as u32;
        cut(split)..cut(split + 1)
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
        vec![Dependency::Narrow { parent: self.parent.clone(), mapping: NarrowMapping::Many }]
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        let (parent, task) = (self.parent.clone(), task.clone());
        Records::new(self.parents_of(split).flat_map(move |split| parent.iterator(split, &task)))
    }

    fn reads(&self, split: u32) -> Vec<(usize, u32)> {
        self.parents_of(split).map(|split| (0, split)).collect()
    }
}
