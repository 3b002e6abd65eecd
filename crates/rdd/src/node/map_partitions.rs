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
pub(crate) struct MapPartitions<T, U, S, F> {
    parent: Arc<Lineage<T>>,
    state: Arc<S>,
    function: Closure<F>,
    made: PhantomData<fn() -> U>,
}

impl<T, U, S, F> MapPartitions<T, U, S, F>
where
    F: Fn(&Arc<S>, u32, Records<T>) -> Records<U> + Copy + 'static,
{
    pub(crate) fn new(parent: Arc<Lineage<T>>, state: S, function: F) -> Self {
        Self { parent, state: Arc::new(state), function: Closure::new(function), made: PhantomData }
    }
}

impl<T, U, S, F> Node for MapPartitions<T, U, S, F>
where
    T: Data,
    U: Data,
    S: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(&Arc<S>, u32, Records<T>) -> Records<U> + Copy + Send + Sync + 'static,
{
    type Item = U;
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

    fn compute(&self, split: u32, task: &TaskContext) -> Records<U> {
        (*self.function)(&self.state, split, self.parent.iterator(split, task))
    }
}
