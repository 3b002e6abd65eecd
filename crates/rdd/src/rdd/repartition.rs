//! Fewer or more partitions: coalesce, repartition, partition by key.

use std::fmt::Debug;

use hearth_storage::Data;
use serde::{Deserialize, Serialize};

use super::{Rdd, origin};
use crate::node::{Coalesced, Origin, Shuffled, Sorted};
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
    /// Spark: `RDD.repartition`
    #[track_caller]
    pub fn repartition(&self, partitions: u32) -> Rdd<T> {
        if partitions == 0 {
            return self.invalid(origin("repartition"), "Number of partitions (0) must be positive.");
        }
        let at = origin("repartition");
        // Each partition starts at another place, so that many small ones do not all fill the first of the new ones.
        let dealt = self.narrow(at, (), |_, split, records| {
            let start = split.wrapping_mul(0x9E37_79B9) >> 1;
            records.enumerate().map(move |(n, record)| (start.wrapping_add(n as u32), record))
        });
        let shuffled = dealt.shuffled(at, &AnyPartitioner::new(Dealt { partitions }));
        shuffled.narrow(at, (), |_, _, records| records.map(|(_, record)| record))
    }
}

/// Sends running numbers round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Dealt {
    partitions: u32,
}

impl Partitioner<u32> for Dealt {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn partition(&self, key: &u32) -> u32 {
        key % self.partitions
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
