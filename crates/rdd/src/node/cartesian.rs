//! Every record of one parent with every record of another. Spark: `CartesianRDD`.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::NarrowMapping;

use super::{AnyLineage, Dependency, Lineage, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// Partition `i * m + j` pairs partition `i` of the left with partition `j` of the right, which has `m`.
pub(crate) struct Cartesian<T, U> {
    left: Arc<Lineage<T>>,
    right: Arc<Lineage<U>>,
    right_partitions: u32,
}

impl<T: Data, U: Data> Cartesian<T, U> {
    pub(crate) fn new(left: Arc<Lineage<T>>, right: Arc<Lineage<U>>) -> Self {
        let right_partitions = right.partitions();
        Self { left, right, right_partitions }
    }
}

impl<T: Data, U: Data> Node for Cartesian<T, U> {
    type Item = (T, U);
    type Wire = u32;

    fn kind(&self) -> &'static str {
        "CartesianRDD"
    }

    fn to_wire(&self) -> Result<u32, WireError> {
        Ok(self.right_partitions)
    }

    fn from_wire(right_partitions: u32, parents: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { left: parents.get(0)?, right: parents.get(1)?, right_partitions })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        let divisor = self.right_partitions;
        let left = NarrowMapping::Quotient { divisor };
        let right = NarrowMapping::Remainder { divisor };
        vec![
            Dependency::Narrow { parent: self.left.clone(), mapping: left },
            Dependency::Narrow { parent: self.right.clone(), mapping: right },
        ]
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(T, U)> {
        let (right, task) = (self.right.clone(), task.clone());
        let (i, j) = (split / self.right_partitions, split % self.right_partitions);
        Records::new(self.left.iterator(i, &task.clone()).flat_map(move |left| {
            let left = left.clone();
            right.iterator(j, &task).map(move |right| (left.clone(), right))
        }))
    }
}
