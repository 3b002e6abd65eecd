//! The reduce side of a shuffle. Spark: `ShuffledRDD`, with its three uses in three types.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::ShuffleId;
use serde::{Deserialize, Serialize};

use super::{Dependency, Node, Parents, Records};
use crate::aggregator::Aggregator;
use crate::shuffle::{ShuffleDependency, combine_combiners, combine_values};
use crate::task::TaskContext;
use crate::wire::WireError;

const KIND: &str = "ShuffledRDD";

/// The far side of a shuffle: known on the driver, a number on executors.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Far {
    shuffle: ShuffleId,
    #[serde(skip)]
    dependency: Option<Arc<ShuffleDependency>>,
}

impl Far {
    pub(crate) fn new(dependency: Arc<ShuffleDependency>) -> Self {
        Self { shuffle: dependency.id(), dependency: Some(dependency) }
    }

    pub(crate) fn shuffle(&self) -> ShuffleId {
        self.shuffle
    }

    pub(crate) fn dependency(&self) -> Option<Dependency> {
        self.dependency.clone().map(Dependency::Shuffle)
    }
}

/// Pairs as they come.
pub(crate) struct Shuffled<K, V> {
    far: Far,
    pairs: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Shuffled<K, V> {
    pub(crate) fn new(dependency: Arc<ShuffleDependency>) -> Self {
        Self { far: Far::new(dependency), pairs: PhantomData }
    }
}

impl<K: Data, V: Data> Node for Shuffled<K, V> {
    type Item = (K, V);
    type Wire = Far;

    fn kind(&self) -> &'static str {
        KIND
    }

    fn to_wire(&self) -> Result<Far, WireError> {
        Ok(self.far.clone())
    }

    fn from_wire(far: Far, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { far, pairs: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        self.far.dependency().into_iter().collect()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(K, V)> {
        task.read_shuffle(self.far.shuffle, split)
    }
}

/// Pairs sorted by key within the partition.
pub(crate) struct Sorted<K, V> {
    far: Far,
    ascending: bool,
    pairs: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Sorted<K, V> {
    pub(crate) fn new(dependency: Arc<ShuffleDependency>, ascending: bool) -> Self {
        Self { far: Far::new(dependency), ascending, pairs: PhantomData }
    }
}

impl<K: Data + Ord, V: Data> Node for Sorted<K, V> {
    type Item = (K, V);
    type Wire = (Far, bool);

    fn kind(&self) -> &'static str {
        KIND
    }

    fn to_wire(&self) -> Result<(Far, bool), WireError> {
        Ok((self.far.clone(), self.ascending))
    }

    fn from_wire((far, ascending): (Far, bool), _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { far, ascending, pairs: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        self.far.dependency().into_iter().collect()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(K, V)> {
        task.sort(task.read_shuffle::<(K, V)>(self.far.shuffle, split), self.ascending)
    }
}

/// One combined value per key.
pub(crate) struct Aggregated<K, V, C, A> {
    far: Far,
    aggregator: A,
    pairs: PhantomData<fn() -> (K, V, C)>,
}

impl<K, V, C, A> Aggregated<K, V, C, A> {
    pub(crate) fn new(dependency: Arc<ShuffleDependency>, aggregator: A) -> Self {
        Self { far: Far::new(dependency), aggregator, pairs: PhantomData }
    }
}

impl<K, V, C, A> Node for Aggregated<K, V, C, A>
where
    K: Data + Hash + Eq,
    V: Data,
    C: Data,
    A: Aggregator<V, C>,
{
    type Item = (K, C);
    type Wire = (Far, A);

    fn kind(&self) -> &'static str {
        KIND
    }

    fn to_wire(&self) -> Result<(Far, A), WireError> {
        Ok((self.far.clone(), self.aggregator.clone()))
    }

    fn from_wire((far, aggregator): (Far, A), _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { far, aggregator, pairs: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        self.far.dependency().into_iter().collect()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(K, C)> {
        if A::MAP_SIDE {
            combine_combiners(task.read_shuffle::<(K, C)>(self.far.shuffle, split), &self.aggregator, task)
        } else {
            combine_values(task.read_shuffle::<(K, V)>(self.far.shuffle, split), &self.aggregator, task)
        }
    }
}
