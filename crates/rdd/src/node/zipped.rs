//! Two parents side by side. Spark: `ZippedPartitionsRDD2` as `RDD.zip` uses it.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::{ExceptionKind, TaskEndReason};

use super::{Dependency, Lineage, Node, Parents, Records};
use crate::failure::throw;
use crate::task::TaskContext;
use crate::wire::WireError;

/// The n-th record of the left with the n-th of the right, partition by partition.
pub(crate) struct Zipped<T, U> {
    left: Arc<Lineage<T>>,
    right: Arc<Lineage<U>>,
}

impl<T: Data, U: Data> Zipped<T, U> {
    pub(crate) fn new(left: Arc<Lineage<T>>, right: Arc<Lineage<U>>) -> Self {
        Self { left, right }
    }
}

impl<T: Data, U: Data> Node for Zipped<T, U> {
    type Item = (T, U);
    type Wire = ();

    fn kind(&self) -> &'static str {
        "ZippedPartitionsRDD2"
    }

    fn to_wire(&self) -> Result<(), WireError> {
        Ok(())
    }

    fn from_wire((): (), parents: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { left: parents.get(0)?, right: parents.get(1)? })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        vec![Dependency::one_to_one(&self.left), Dependency::one_to_one(&self.right)]
    }

    fn uses_order(&self) -> bool {
        true
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(T, U)> {
        let mut left = self.left.iterator(split, task);
        let mut right = self.right.iterator(split, task);
        Records::new(std::iter::from_fn(move || match (left.next(), right.next()) {
            (Some(left), Some(right)) => Some((left, right)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => throw(TaskEndReason::ExceptionFailure {
                kind: ExceptionKind::User,
                message: "Can only zip RDDs with same number of elements in each partition".to_owned(),
                backtrace: String::new(),
            }),
        }))
    }
}
