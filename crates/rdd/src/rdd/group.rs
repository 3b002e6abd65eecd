//! All values of a key together: group by key, cogroup, subtract by key.

use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, origin};
use crate::aggregator::Group;
use crate::node::{CoGrouped, Origin, Side};
use crate::partitioner::{AnyPartitioner, HashPartitioner};
use crate::shuffle::ShuffleDependency;

impl<K: Data + Hash + Eq, V: Data> Rdd<(K, V)> {
    /// All values of each key. One key's values must fit in memory; to reduce them, `reduce_by_key` moves far less.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut groups = sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 1).group_by_key(2).collect()?;
    /// groups.sort();
    /// assert_eq!(groups, [('a', vec![1, 3]), ('b', vec![2])]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.groupByKey`
    #[track_caller]
    pub fn group_by_key(&self, partitions: u32) -> Rdd<(K, Vec<V>)> {
        self.grouped(origin("groupByKey"), partitions)
    }

    /// For each key of either RDD, its values in both.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (left, right) = (sc.parallelize([('a', 1)], 1), sc.parallelize([('a', "x".to_owned())], 1));
    /// assert_eq!(left.cogroup(&right, 0).collect()?, [('a', (vec![1], vec!["x".to_owned()]))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.cogroup`
    #[track_caller]
    pub fn cogroup<W: Data>(&self, other: &Rdd<(K, W)>, partitions: u32) -> Rdd<(K, (Vec<V>, Vec<W>))> {
        self.cogrouped(origin("cogroup"), other, partitions)
    }

    /// The pairs whose key is not in the other RDD; 0 partitions means as this RDD is partitioned.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (all, gone) = (sc.parallelize([('a', 1), ('b', 2)], 2), sc.parallelize([('a', ())], 1));
    /// assert_eq!(all.subtract_by_key(&gone, 0).collect()?, [('b', 2)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.subtractByKey`
    #[track_caller]
    pub fn subtract_by_key<W: Data>(&self, other: &Rdd<(K, W)>, partitions: u32) -> Rdd<(K, V)> {
        self.without_keys_of(origin("subtractByKey"), other, partitions)
    }

    pub(crate) fn grouped(&self, at: Origin, partitions: u32) -> Rdd<(K, Vec<V>)> {
        self.combined(at, partitions, Group)
    }

    pub(crate) fn cogrouped<W: Data>(
        &self,
        at: Origin,
        other: &Rdd<(K, W)>,
        partitions: u32,
    ) -> Rdd<(K, (Vec<V>, Vec<W>))> {
        let partitioner = self.partitioner_for(partitions, &[(other.partitioner(), other.num_partitions())]);
        self.cogrouped_by(at, other, &partitioner)
    }

    fn cogrouped_by<W: Data>(
        &self,
        at: Origin,
        other: &Rdd<(K, W)>,
        partitioner: &AnyPartitioner<K>,
    ) -> Rdd<(K, (Vec<V>, Vec<W>))> {
        let node = CoGrouped::new(self.side(partitioner), other.side(partitioner));
        self.derive(partitioner.partitions(), at, node).partitioned_by(partitioner)
    }

    /// Spark: what is left of an RDD stays as it is partitioned, however the other is.
    pub(crate) fn without_keys_of<W: Data>(
        &self,
        at: Origin,
        other: &Rdd<(K, W)>,
        partitions: u32,
    ) -> Rdd<(K, V)> {
        let own = || {
            let hash = || AnyPartitioner::new(HashPartitioner::new(self.num_partitions().max(1)));
            self.partitioner().unwrap_or_else(hash)
        };
        let partitioner = if partitions == 0 { own() } else { self.partitioner_for(partitions, &[]) };
        let groups = self.cogrouped_by(at, other, &partitioner);
        let rest = groups.narrow(at, (), |_, _, groups| {
            groups
                .filter(|(_, (_, right))| right.is_empty())
                .flat_map(|(key, (left, _))| left.into_iter().map(move |value| (key.clone(), value)))
        });
        groups.keeping_partitioner(rest)
    }
}

impl<K: Data, V: Data> Rdd<(K, V)> {
    /// This RDD as one side of a cogroup: read in place when it is partitioned that way already.
    fn side(&self, partitioner: &AnyPartitioner<K>) -> Side<(K, V)> {
        if self.partitioner().is_some_and(|has| has == *partitioner) {
            Side::Narrow(self.lineage.clone())
        } else {
            Side::shuffled(ShuffleDependency::plain(&self.context, &self.lineage, partitioner))
        }
    }
}
