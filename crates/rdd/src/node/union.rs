//! The partitions of several parents, one parent after the other. Spark: `UnionRDD`.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::NarrowMapping;

use super::{AnyLineage, Dependency, Lineage, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// All records of all parents.
pub(crate) struct Union<T> {
    parents: Vec<Arc<Lineage<T>>>,
    /// Number of partitions of each parent.
    lengths: Vec<u32>,
}

impl<T: Data> Union<T> {
    pub(crate) fn new(parents: Vec<Arc<Lineage<T>>>) -> Self {
        let lengths = parents.iter().map(|parent| parent.partitions()).collect();
        Self { parents, lengths }
    }

    fn find(&self, split: u32) -> Option<(usize, u32)> {
        let mut rest = split;
        for (at, &length) in self.lengths.iter().enumerate() {
            if rest < length {
                return Some((at, rest));
            }
            rest -= length;
        }
        None
    }
}

impl<T: Data> Node for Union<T> {
    type Item = T;
    type Wire = Vec<u32>;

    fn kind(&self) -> &'static str {
        "UnionRDD"
    }

    fn to_wire(&self) -> Result<Vec<u32>, WireError> {
        Ok(self.lengths.clone())
    }

    fn from_wire(lengths: Vec<u32>, parents: Parents<'_>) -> Result<Self, WireError> {
        let parents = (0..lengths.len()).map(|at| parents.get(at)).collect::<Result<_, _>>()?;
        Ok(Self { parents, lengths })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        let mut child_start = 0;
        self.parents
            .iter()
            .zip(&self.lengths)
            .map(|(parent, &len)| {
                let mapping = NarrowMapping::Range { child_start, parent_start: 0, len };
                child_start += len;
                Dependency::Narrow { parent: parent.clone(), mapping }
            })
            .collect()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        match self.find(split) {
            Some((at, split)) => self.parents[at].iterator(split, task),
            None => Records::new(std::iter::empty()),
        }
    }

    fn reads(&self, split: u32) -> Vec<(usize, u32)> {
        self.find(split).into_iter().collect()
    }
}
