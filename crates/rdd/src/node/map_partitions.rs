//! Records of one parent through a function over partitions. Spark: `MapPartitionsRDD`.
//!
//! Nearly every narrow transformation is one of these. The function is a closure without captures; what it needs to know
//! is its state.

use std::marker::PhantomData;
use std::sync::Arc;

use hearth_storage::Data;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Dependency, Lineage, Node, Parents, Records};
use crate::closure::Closure;
use crate::task::TaskContext;
use crate::wire::WireError;

/// `function(state, split, records)` of each partition of `parent`.
pub(crate) struct MapPartitions<T, I, S, F> {
    parent: Arc<Lineage<T>>,
    state: Arc<S>,
    function: Closure<F>,
    made: PhantomData<fn() -> I>,
}

impl<T, I, S, F> MapPartitions<T, I, S, F>
where
    F: Fn(&Arc<S>, u32, Records<T>) -> I + Copy + 'static,
{
    pub(crate) fn new(parent: Arc<Lineage<T>>, state: S, function: F) -> Self {
        Self { parent, state: Arc::new(state), function: Closure::new(function), made: PhantomData }
    }
}

impl<T, I, S, F> Node for MapPartitions<T, I, S, F>
where
    T: Data,
    I: Iterator<Item: Data> + 'static,
    S: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(&Arc<S>, u32, Records<T>) -> I + Copy + Send + Sync + 'static,
{
    type Item = I::Item;
    type Wire = (Arc<S>, Closure<F>);

    fn kind(&self) -> &'static str {
        "MapPartitionsRDD"
    }

    fn to_wire(&self) -> Result<Self::Wire, WireError> {
        Ok((self.state.clone(), self.function))
    }

    fn from_wire((state, function): Self::Wire, parents: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { parent: parents.get(0)?, state, function, made: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        vec![Dependency::one_to_one(&self.parent)]
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<I::Item> {
        Records::new((*self.function)(&self.state, split, self.parent.iterator(split, task)))
    }
}
