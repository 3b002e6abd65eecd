//! The values of two parents by key, side by side. Spark: `CoGroupedRDD`. Joins stand on it.

use std::hash::Hash;
use std::sync::Arc;

use hearth_storage::Data;
use serde::{Deserialize, Serialize};

use super::shuffled::Far;
use super::{Dependency, Lineage, Node, Parents, Records};
use crate::shuffle::{ShuffleDependency, insert_all};
use crate::task::TaskContext;
use crate::wire::WireError;

/// One parent: read in the same task when it is partitioned alike already, else through a shuffle.
pub(crate) enum Side<T> {
    Narrow(Arc<Lineage<T>>),
    Shuffled(Far),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum SideWire {
    Narrow,
    Shuffled(Far),
}

impl<T: Data> Side<T> {
    pub(crate) fn shuffled(dependency: Arc<ShuffleDependency>) -> Self {
        Self::Shuffled(Far::new(dependency))
    }

    fn to_wire(&self) -> SideWire {
        match self {
            Self::Narrow(_) => SideWire::Narrow,
            Self::Shuffled(far) => SideWire::Shuffled(far.clone()),
        }
    }

    /// Takes the next narrow parent if it needs one.
    fn from_wire(wire: SideWire, parents: Parents<'_>, next: &mut usize) -> Result<Self, WireError> {
        match wire {
            SideWire::Narrow => {
                *next += 1;
                Ok(Self::Narrow(parents.get(*next - 1)?))
            }
            SideWire::Shuffled(far) => Ok(Self::Shuffled(far)),
        }
    }

    fn dependency(&self) -> Option<Dependency> {
        match self {
            Self::Narrow(parent) => Some(Dependency::one_to_one(parent)),
            Self::Shuffled(far) => far.dependency(),
        }
    }

    fn read(&self, split: u32, task: &TaskContext) -> Records<T> {
        match self {
            Self::Narrow(parent) => parent.iterator(split, task),
            Self::Shuffled(far) => task.read_shuffle(far.shuffle(), split),
        }
    }
}

/// For each key of either side, the values of both.
pub(crate) struct CoGrouped<K, V, W> {
    left: Side<(K, V)>,
    right: Side<(K, W)>,
}

impl<K, V, W> CoGrouped<K, V, W> {
    pub(crate) fn new(left: Side<(K, V)>, right: Side<(K, W)>) -> Self {
        Self { left, right }
    }
}

impl<K, V, W> Node for CoGrouped<K, V, W>
where
    K: Data + Hash + Eq,
    V: Data,
    W: Data,
{
    type Item = (K, (Vec<V>, Vec<W>));
    type Wire = (SideWire, SideWire);

    fn kind(&self) -> &'static str {
        "CoGroupedRDD"
    }

    fn to_wire(&self) -> Result<Self::Wire, WireError> {
        Ok((self.left.to_wire(), self.right.to_wire()))
    }

    fn from_wire((left, right): Self::Wire, parents: Parents<'_>) -> Result<Self, WireError> {
        let mut next = 0;
        let left = Side::from_wire(left, parents, &mut next)?;
        Ok(Self { left, right: Side::from_wire(right, parents, &mut next)? })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        self.left.dependency().into_iter().chain(self.right.dependency()).collect()
    }

    /// What was spilled comes in another order, and how much that is depends on the other tasks.
    fn keeps_order(&self) -> bool {
        false
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<Self::Item> {
        let mut groups = task.aggregator::<K, (Vec<V>, Vec<W>)>();
        insert_all(
            &mut groups,
            self.left.read(split, task),
            |value| (vec![value], Vec::new()),
            |mut group, value| {
                group.0.push(value);
                group
            },
        );
        insert_all(
            &mut groups,
            self.right.read(split, task),
            |value| (Vec::new(), vec![value]),
            |mut group, value| {
                group.1.push(value);
                group
            },
        );
        task.drain(groups, |mut left, mut right| {
            left.0.append(&mut right.0);
            left.1.append(&mut right.1);
            left
        })
    }
}
