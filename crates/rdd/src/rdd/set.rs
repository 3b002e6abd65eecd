//! RDDs as sets: union, distinct, intersection, subtract.

use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, origin};
use crate::aggregator::Reduce;
use crate::closure::Closure;
use crate::node::{AnyLineage, MapPartitions, Union};
use crate::shuffle::combine_values;
use crate::task::TaskContext;

impl<T: Data> Rdd<T> {
    /// The records of both; duplicates stay.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 3, 1, 1).union(&sc.range(2, 4, 1, 1)).collect()?, [0, 1, 2, 2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.union`
    #[track_caller]
    pub fn union(&self, other: &Rdd<T>) -> Rdd<T> {
        let node = Union::new(vec![self.lineage.clone(), other.lineage.clone()]);
        self.derive(self.num_partitions() + other.lineage.partitions(), origin("union"), node)
    }
}

impl<T: Data + Hash + Eq> Rdd<T> {
    /// Each record once; 0 partitions means as many as this RDD's.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut once = sc.parallelize([3, 1, 3, 2, 1], 3).distinct(0).collect()?;
    /// once.sort();
    /// assert_eq!(once, [1, 2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.distinct`
    #[track_caller]
    pub fn distinct(&self, partitions: u32) -> Rdd<T> {
        let at = origin("distinct");
        let partitions = if partitions == 0 { self.num_partitions() } else { partitions };
        let first = Reduce(Closure::new(|(), ()| ()));
        if self.partitioner.is_some() && partitions == self.num_partitions() {
            // Equal records have equal keys, so they are in one partition already.
            let node = MapPartitions::new(self.lineage.clone(), first, |first, _, records| {
                let pairs = records.map(|record| (record, ()));
                let once = combine_values(pairs, &**first, &TaskContext::current("combine"));
                once.map(|(record, ())| record)
            });
            return self.keeping_partitioner(self.derive(partitions, at, node.in_any_order()));
        }
        let pairs = self.narrow(at, (), |_, _, records| records.map(|record| (record, ())));
        let once = pairs.combined::<(), _>(at, partitions, first);
        once.narrow(at, (), |_, _, records| records.map(|(record, ())| record))
    }

    /// The records that are in both, each once.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut both = sc.parallelize([1, 2, 2, 3], 2).intersection(&sc.parallelize([2, 3, 4], 2), 0).collect()?;
    /// both.sort();
    /// assert_eq!(both, [2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.intersection`
    #[track_caller]
    pub fn intersection(&self, other: &Rdd<T>, partitions: u32) -> Rdd<T> {
        let at = origin("intersection");
        let left = self.narrow(at, (), |_, _, records| records.map(|record| (record, ())));
        let right = other.narrow(at, (), |_, _, records| records.map(|record| (record, ())));
        let groups = left.cogrouped(at, &right, partitions);
        groups.narrow(at, (), |_, _, groups| {
            groups.filter_map(|(record, (left, right))| {
                (!left.is_empty() && !right.is_empty()).then_some(record)
            })
        })
    }

    /// The records of this that are not in the other; duplicates stay. 0 partitions means as many as this RDD's.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut rest = sc.parallelize([1, 1, 2, 3], 2).subtract(&sc.parallelize([2, 3], 1), 0).collect()?;
    /// rest.sort();
    /// assert_eq!(rest, [1, 1]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.subtract`
    #[track_caller]
    pub fn subtract(&self, other: &Rdd<T>, partitions: u32) -> Rdd<T> {
        let at = origin("subtract");
        let left = self.narrow(at, (), |_, _, records| records.map(|record| (record, ())));
        let right = other.narrow(at, (), |_, _, records| records.map(|record| (record, ())));
        let rest = left.without_keys_of(at, &right, partitions);
        rest.narrow(at, (), |_, _, records| records.map(|(record, ())| record))
    }
}
