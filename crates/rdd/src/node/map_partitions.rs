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
    keeps_order: bool,
    uses_order: bool,
    made: PhantomData<fn() -> I>,
}

impl<T, I, S, F> MapPartitions<T, I, S, F>
where
    F: Fn(&Arc<S>, u32, Records<T>) -> I + Copy + 'static,
{
    pub(crate) fn new(parent: Arc<Lineage<T>>, state: S, function: F) -> Self {
        Self {
            parent,
            state: Arc::new(state),
            function: Closure::new(function),
            keeps_order: true,
            uses_order: false,
            made: PhantomData,
        }
    }

    /// For a function that gives the same records in another order each time.
    pub(crate) fn in_any_order(self) -> Self {
        Self { keeps_order: false, ..self }
    }

    /// For a function that makes something else of a record that comes at another place.
    pub(crate) fn by_position(self) -> Self {
        Self { uses_order: true, ..self }
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
        // Only the driver asks for the order.
        let (keeps_order, uses_order) = (true, false);
        Ok(Self { parent: parents.get(0)?, state, function, keeps_order, uses_order, made: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        vec![Dependency::one_to_one(&self.parent)]
    }

    fn keeps_order(&self) -> bool {
        self.keeps_order
    }

    fn uses_order(&self) -> bool {
        self.uses_order
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<I::Item> {
        Records::new((*self.function)(&self.state, split, self.parent.iterator(split, task)))
    }
}
