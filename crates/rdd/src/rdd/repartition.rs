//! Fewer or more partitions: coalesce, repartition, partition by key.

use hearth_storage::Data;

use super::deal::{Dealt, in_own_order, number};
use super::{Rdd, origin};
use crate::node::{Coalesced, Origin, Shuffled, Sorted, is_reproducible};
use crate::partitioner::{AnyPartitioner, Partitioner};
use crate::shuffle::ShuffleDependency;

impl<T: Data> Rdd<T> {
    /// At most so many partitions, without a shuffle: each new one reads several old ones.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 6, 1, 6).coalesce(2).glom().collect()?, [vec![0, 1, 2], vec![3, 4, 5]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// 0 partitions are an error, which the first action gives.
    ///
    /// Spark: `RDD.coalesce`
    #[track_caller]
    pub fn coalesce(&self, partitions: u32) -> Rdd<T> {
        if partitions == 0 {
            return self.invalid(origin("coalesce"), "Number of partitions (0) must be positive.");
        }
        let partitions = partitions.min(self.num_partitions());
        self.derive(partitions, origin("coalesce"), Coalesced::new(self.lineage.clone(), partitions))
    }

    /// Just so many partitions of about equal size, through a shuffle.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sizes = sc.range(0, 100, 1, 1).repartition(4).map_partitions(|records| [records.count()]).collect()?;
    /// assert_eq!(sizes, [25, 25, 25, 25]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// 0 partitions are an error, which the first action gives.
    ///
    /// Records are dealt round. After a shuffle, which gives them in another order each time, each partition is sorted first
    /// (by the bytes that records serialise to, in no order that means anything), so that after a loss each record goes where
    /// it went before. That holds for records that are the same each time they are computed. A sum of `f64`, the list of a
    /// group or a `HashMap` may not be, as they depend on the order of what they were made from: what stands on such records
    /// is then computed again as a whole, or the job fails if it has results already. To have only what was lost computed
    /// again, checkpoint such records, and run an action, before they are repartitioned, or use `partition_by` with a key that
    /// is the same each time.
    ///
    /// Spark: `RDD.repartition`
    #[track_caller]
    pub fn repartition(&self, partitions: u32) -> Rdd<T> {
        if partitions == 0 {
            return self.invalid(origin("repartition"), "Number of partitions (0) must be positive.");
        }
        let at = origin("repartition");
        let dealt = if is_reproducible(self.lineage.clone()) {
            self.narrow_by_position(at, (), |_, split, records| number(split, records))
        } else {
            self.narrow_by_position(at, (), |_, split, records| number(split, in_own_order(records)))
        };
        let shuffled = dealt.shuffled(at, &AnyPartitioner::new(Dealt { partitions }));
        shuffled.narrow(at, (), |_, _, records| records.map(|(_, record)| record))
    }
}

impl<K: Data, V: Data> Rdd<(K, V)> {
    /// The same pairs, each in the partition that the partitioner gives its key.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let pairs = sc.range(0, 10, 1, 3).map(|n| (n % 4, n)).partition_by(HashPartitioner::new(4));
    /// assert_eq!((pairs.num_partitions(), pairs.count()?), (4, 10));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.partitionBy`
    #[track_caller]
    pub fn partition_by<P: Partitioner<K>>(&self, partitioner: P) -> Rdd<(K, V)> {
        let partitioner = AnyPartitioner::new(partitioner);
        if self.partitioner().is_some_and(|has| has == partitioner) {
            return self.clone();
        }
        self.shuffled(origin("partitionBy"), &partitioner)
    }

    /// `partition_by`, and each partition sorted by key, which is cheaper than sorting afterwards.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let pairs = sc.parallelize([(30, 'c'), (10, 'a'), (20, 'b')], 3);
    /// let ranges = RangePartitioner::from_bounds(vec![20], true);
    /// let parts = pairs.repartition_and_sort_within_partitions(ranges).glom();
    /// assert_eq!(parts.collect()?, [vec![(10, 'a'), (20, 'b')], vec![(30, 'c')]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `OrderedRDDFunctions.repartitionAndSortWithinPartitions`
    #[track_caller]
    pub fn repartition_and_sort_within_partitions<P: Partitioner<K>>(&self, partitioner: P) -> Rdd<(K, V)>
    where
        K: Ord,
    {
        let partitioner = AnyPartitioner::new(partitioner);
        self.sorted_by(origin("repartitionAndSortWithinPartitions"), &partitioner, true)
    }

    pub(crate) fn shuffled(&self, at: Origin, partitioner: &AnyPartitioner<K>) -> Rdd<(K, V)> {
        let dependency = ShuffleDependency::plain(&self.context, &self.lineage, partitioner);
        let made = self.derive(partitioner.partitions(), at, Shuffled::new(dependency));
        made.partitioned_by(partitioner)
    }

    pub(crate) fn sorted_by(
        &self,
        at: Origin,
        partitioner: &AnyPartitioner<K>,
        ascending: bool,
    ) -> Rdd<(K, V)>
    where
        K: Ord,
    {
        let dependency = ShuffleDependency::plain(&self.context, &self.lineage, partitioner);
        let made = self.derive(partitioner.partitions(), at, Sorted::new(dependency, ascending));
        made.partitioned_by(partitioner)
    }
}
