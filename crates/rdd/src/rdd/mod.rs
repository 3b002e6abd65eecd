//! The user's handle of an RDD, and its operations by topic. Spark: `RDD`, `PairRDDFunctions`, `OrderedRDDFunctions`,
//! `DoubleRDDFunctions`.

mod actions;
mod aggregate;
mod deal;
mod debug_string;
mod group;
mod join;
mod numbered;
mod numeric;
mod order;
mod output;
mod pair;
mod persistence;
mod pipe;
mod ranges;
mod repartition;
mod sample;
mod set;
mod stat_counter;
mod take;
mod transform;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::RddId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::closure::Erased;
use crate::context::SparkContext;
use crate::node::{AnyLineage, Invalid, Lineage, MapPartitions, Node, Origin, Records};
use crate::partitioner::AnyPartitioner;

pub use numeric::{Histogram, Numeric};
pub(crate) use output::write_segments;
pub use sample::Replacement;
pub use stat_counter::StatCounter;

/// A distributed collection: partitions of records, computed when an action needs them, and again when they are lost.
///
/// Cheap to clone. Transformations take closures that capture nothing, or, in their `_with` forms, a state that
/// serialises and travels with them.
///
/// Spark: `RDD`
pub struct Rdd<T> {
    context: SparkContext,
    lineage: Arc<Lineage<T>>,
    /// An `AnyPartitioner` of the key type, when the records are pairs and known to be partitioned by it.
    partitioner: Option<Erased>,
}

impl<T> Clone for Rdd<T> {
    fn clone(&self) -> Self {
        Self {
            context: self.context.clone(),
            lineage: self.lineage.clone(),
            partitioner: self.partitioner.clone(),
        }
    }
}

impl<T: Data> fmt::Debug for Rdd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] at {}", self.lineage.kind(), self.lineage.id(), self.lineage.call_site())
    }
}

/// The state of a `_with` operation: anything that serialises.
pub trait State: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<S: Serialize + DeserializeOwned + Send + Sync + 'static> State for S {}

impl<T: Data> Rdd<T> {
    pub(crate) fn new(context: SparkContext, lineage: Arc<Lineage<T>>) -> Self {
        Self { context, lineage, partitioner: None }
    }

    pub(crate) fn lineage(&self) -> &Arc<Lineage<T>> {
        &self.lineage
    }

    /// The number of this RDD in its application.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (first, second) = (sc.range(0, 1, 1, 1), sc.range(0, 1, 1, 1));
    /// assert!(first.id() < second.id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.id`
    pub fn id(&self) -> RddId {
        self.lineage.id()
    }

    /// The context that made it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.range(0, 1, 1, 1);
    /// assert_eq!(numbers.spark_context().application_id(), sc.application_id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.sparkContext`
    pub fn spark_context(&self) -> &SparkContext {
        &self.context
    }

    /// How many partitions it has.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 10, 1, 3).num_partitions(), 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.getNumPartitions`
    pub fn num_partitions(&self) -> u32 {
        self.lineage.partitions()
    }

    /// Gives it a name, which the UI and `to_debug_string` show.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.range(0, 10, 1, 3).set_name("numbers");
    /// assert!(numbers.to_debug_string().starts_with("(3) numbers "));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.setName`
    #[must_use]
    pub fn set_name(&self, name: &str) -> Self {
        self.lineage.set_name(name.to_owned());
        self.clone()
    }

    /// The name it was given.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 10, 1, 3).name(), None);
    /// assert_eq!(sc.range(0, 10, 1, 3).set_name("numbers").name().as_deref(), Some("numbers"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.name`
    pub fn name(&self) -> Option<String> {
        self.lineage.name()
    }

    /// An RDD of a node that stands on this one.
    pub(crate) fn derive<N: Node>(&self, partitions: u32, origin: Origin, node: N) -> Rdd<N::Item> {
        self.context.leaf(self.context.next_rdd(), partitions, origin, node)
    }

    /// An RDD of each partition's records through a function of (state, partition, records).
    pub(crate) fn narrow<I, S, F>(&self, origin: Origin, state: S, function: F) -> Rdd<I::Item>
    where
        I: Iterator<Item: Data> + 'static,
        S: State,
        F: Fn(&Arc<S>, u32, Records<T>) -> I + Copy + Send + Sync + 'static,
    {
        let node = MapPartitions::new(self.lineage.clone(), state, function);
        self.derive(self.num_partitions(), origin, node)
    }

    /// The same, for functions that make something else of a record that comes at another place.
    pub(crate) fn narrow_by_position<I, S, F>(&self, origin: Origin, state: S, function: F) -> Rdd<I::Item>
    where
        I: Iterator<Item: Data> + 'static,
        S: State,
        F: Fn(&Arc<S>, u32, Records<T>) -> I + Copy + Send + Sync + 'static,
    {
        let node = MapPartitions::new(self.lineage.clone(), state, function).by_position();
        self.derive(self.num_partitions(), origin, node)
    }

    /// An RDD that cannot be: the first action says why.
    pub(crate) fn invalid<U: Data>(&self, origin: Origin, problem: &str) -> Rdd<U> {
        self.derive(1, origin, Invalid::<U>::new(origin.operation(), problem))
    }

    /// The same, for functions that leave each record's key where it is.
    pub(crate) fn keeping_partitioner<U: Data>(&self, made: Rdd<U>) -> Rdd<U> {
        Rdd { partitioner: self.partitioner.clone(), ..made }
    }
}

impl<K: Data, V: Data> Rdd<(K, V)> {
    /// How it is known to be partitioned.
    pub(crate) fn partitioner(&self) -> Option<AnyPartitioner<K>> {
        self.partitioner.as_ref()?.downcast_ref::<AnyPartitioner<K>>().cloned()
    }

    pub(crate) fn partitioned_by(self, partitioner: &AnyPartitioner<K>) -> Self {
        Self { partitioner: Some(Arc::new(partitioner.clone())), ..self }
    }
}

/// Where the user called an operation.
#[track_caller]
pub(crate) fn origin(operation: &'static str) -> Origin {
    Origin::new(operation, Location::caller())
}
