//! One value per key: reduce, fold, aggregate, combine.

use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, origin};
use crate::aggregator::{Aggregator, Combine, FromZero, Reduce};
use crate::closure::Closure;
use crate::node::{Aggregated, MapPartitions, Origin};
use crate::partitioner::{AnyPartitioner, HashPartitioner};
use crate::shuffle::{ShuffleDependency, combine_values};
use crate::task::TaskContext;

impl<K: Data + Hash + Eq, V: Data> Rdd<(K, V)> {
    /// The values of each key made one by an associative, commutative function, before the shuffle and after it.
    /// 0 partitions means as many as Spark would take: `spark.default.parallelism`, else this RDD's number.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut sums = sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2).reduce_by_key(|x, y| x + y, 0).collect()?;
    /// sums.sort();
    /// assert_eq!(sums, [('a', 4), ('b', 2)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.reduceByKey`
    #[track_caller]
    pub fn reduce_by_key<F>(&self, function: F, partitions: u32) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Copy + Send + Sync + 'static,
    {
        self.reduced(origin("reduceByKey"), partitions, function)
    }

    /// `reduce_by_key` that starts each key from a zero, which must not change a value it is added to.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut longest = sc.parallelize([(1, "a".to_owned()), (1, "bc".to_owned())], 2)
    ///     .fold_by_key(String::new(), |x, y| if x.len() > y.len() { x } else { y }, 0);
    /// assert_eq!(longest.collect()?, [(1, "bc".to_owned())]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.foldByKey`
    #[track_caller]
    pub fn fold_by_key<F>(&self, zero: V, function: F, partitions: u32) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Copy + Send + Sync + 'static,
    {
        let closure = Closure::new(function);
        let fold = FromZero { zero, merge_value: closure, merge_combiners: closure };
        self.combined(origin("foldByKey"), partitions, fold)
    }

    /// The values of each key folded into another type, from a zero.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let pairs = sc.parallelize([('a', 1.0), ('a', 3.0)], 2);
    /// let sums = pairs.aggregate_by_key(
    ///     (0.0, 0),
    ///     |(sum, count), value| (sum + value, count + 1),
    ///     |(s1, c1), (s2, c2)| (s1 + s2, c1 + c2),
    ///     0,
    /// );
    /// assert_eq!(sums.collect()?, [('a', (4.0, 2))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.aggregateByKey`
    #[track_caller]
    pub fn aggregate_by_key<C, A, B>(
        &self,
        zero: C,
        merge_value: A,
        merge_combiners: B,
        partitions: u32,
    ) -> Rdd<(K, C)>
    where
        C: Data,
        A: Fn(C, V) -> C + Copy + Send + Sync + 'static,
        B: Fn(C, C) -> C + Copy + Send + Sync + 'static,
    {
        let aggregate = FromZero {
            zero,
            merge_value: Closure::new(merge_value),
            merge_combiners: Closure::new(merge_combiners),
        };
        self.combined(origin("aggregateByKey"), partitions, aggregate)
    }

    /// The values of each key combined into another type: the first becomes one, others are merged in, and combined ones
    /// are merged.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let texts = sc.parallelize([('a', 1), ('a', 2)], 1).combine_by_key(
    ///     |n| n.to_string(),
    ///     |text, n| format!("{text},{n}"),
    ///     |left, right| format!("{left};{right}"),
    ///     0,
    /// );
    /// assert_eq!(texts.collect()?, [('a', "1,2".to_owned())]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.combineByKey`
    #[track_caller]
    pub fn combine_by_key<C, A, B, D>(
        &self,
        create: A,
        merge_value: B,
        merge_combiners: D,
        partitions: u32,
    ) -> Rdd<(K, C)>
    where
        C: Data,
        A: Fn(V) -> C + Copy + Send + Sync + 'static,
        B: Fn(C, V) -> C + Copy + Send + Sync + 'static,
        D: Fn(C, C) -> C + Copy + Send + Sync + 'static,
    {
        let combine = Combine {
            create: Closure::new(create),
            merge_value: Closure::new(merge_value),
            merge_combiners: Closure::new(merge_combiners),
        };
        self.combined(origin("combineByKey"), partitions, combine)
    }

    pub(crate) fn reduced<F>(&self, at: Origin, partitions: u32, function: F) -> Rdd<(K, V)>
    where
        F: Fn(V, V) -> V + Copy + Send + Sync + 'static,
    {
        self.combined(at, partitions, Reduce(Closure::new(function)))
    }

    /// Combines by key: in place when the keys are where they belong already, else through a shuffle.
    pub(crate) fn combined<C, A>(&self, at: Origin, partitions: u32, aggregator: A) -> Rdd<(K, C)>
    where
        C: Data,
        A: Aggregator<V, C>,
    {
        let partitioner = self.partitioner_for(partitions, &[]);
        if self.partitioner().is_some_and(|has| has == partitioner) {
            let node = MapPartitions::new(self.lineage.clone(), aggregator, |aggregator, _, records| {
                combine_values(records, &**aggregator, &TaskContext::current("combine"))
            });
            let node = node.in_any_order();
            return self.derive(partitioner.partitions(), at, node).partitioned_by(&partitioner);
        }
        let dependency =
            ShuffleDependency::combining(&self.context, &self.lineage, &partitioner, aggregator.clone());
        let node = Aggregated::<K, V, C, A>::new(dependency, aggregator);
        self.derive(partitioner.partitions(), at, node).partitioned_by(&partitioner)
    }

    /// The partitioner of an operation on this and other RDDs. Spark: `Partitioner.defaultPartitioner`: an existing one
    /// with the most partitions if it is not far too small, else a hash partitioner.
    pub(crate) fn partitioner_for(
        &self,
        partitions: u32,
        others: &[(Option<AnyPartitioner<K>>, u32)],
    ) -> AnyPartitioner<K> {
        let hash = |partitions| AnyPartitioner::new(HashPartitioner::new(partitions));
        if partitions > 0 {
            return hash(partitions);
        }
        let mut candidates = vec![(self.partitioner(), self.num_partitions())];
        candidates.extend(others.iter().cloned());
        let most = candidates.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let default = self.context.configured_parallelism().unwrap_or(most);
        // The first of equals, as in Spark; `max_by_key` would take the last.
        let existing = candidates
            .into_iter()
            .filter_map(|(has, _)| has)
            .reduce(|most, next| if next.partitions() > most.partitions() { next } else { most });
        match existing {
            // Spark: eligible when within an order of magnitude of the largest, or larger than the default.
            Some(has)
                if f64::from(most).log10() - f64::from(has.partitions()).log10() < 1.0
                    || default <= has.partitions() =>
            {
                has
            }
            Some(_) | None => hash(default),
        }
    }
}
