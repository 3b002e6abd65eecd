//! Actions over all records: collect, count, reduce, fold, aggregate, foreach.

use std::collections::HashMap;
use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, State, origin};
use crate::error::{Error, Result};
use crate::node::{Origin, Records};

impl<T: Data> Rdd<T> {
    /// All records, on the driver, partitions in order.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 5, 1, 3).collect()?, [0, 1, 2, 3, 4]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.collect`
    #[track_caller]
    pub fn collect(&self) -> Result<Vec<T>> {
        self.collect_at(origin("collect"))
    }

    /// How many records there are.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 1_000, 1, 8).count()?, 1_000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.count`
    #[track_caller]
    pub fn count(&self) -> Result<u64> {
        let counts = self.on_all(origin("count"), (), |(), _, records| records.count() as u64)?;
        Ok(counts.into_iter().sum())
    }

    /// How often each record occurs, on the driver.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 1], 2).count_by_value()?[&1], 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.countByValue`
    #[track_caller]
    pub fn count_by_value(&self) -> Result<HashMap<T, u64>>
    where
        T: Hash + Eq,
    {
        let at = origin("countByValue");
        let ones = self.narrow(at, (), |_, _, records| records.map(|record| (record, 1u64)));
        Ok(ones.reduced(at, 0, |a, b| a + b).collect_at(at)?.into_iter().collect())
    }

    /// The records made one by an associative, commutative function.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(1, 5, 1, 2).reduce(|a, b| a * b)?, 24);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `EmptyCollection`; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.reduce`
    #[track_caller]
    pub fn reduce<F>(&self, function: F) -> Result<T>
    where
        F: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        self.reduce_at(origin("reduce"), function)?.ok_or(Error::EmptyCollection)
    }

    /// The records and the zero made one; the zero goes in once per partition and once on the driver.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(1, 5, 1, 2).fold(0, |a, b| a + b)?, 10);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.fold`
    #[track_caller]
    pub fn fold<F>(&self, zero: T, function: F) -> Result<T>
    where
        F: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        self.fold_at(origin("fold"), zero, function)
    }

    /// The records of each partition folded into another type, and these made one.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (sum, count) = sc.range(1, 5, 1, 2)
    ///     .aggregate((0, 0), |(sum, count), n| (sum + n, count + 1), |a, b| (a.0 + b.0, a.1 + b.1))?;
    /// assert_eq!((sum, count), (10, 4));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.aggregate`
    #[track_caller]
    pub fn aggregate<U, A, B>(&self, zero: U, sequence: A, combine: B) -> Result<U>
    where
        U: Data,
        A: Fn(U, T) -> U + Copy + Send + Sync + 'static,
        B: Fn(U, U) -> U,
    {
        let parts = self.on_all(origin("aggregate"), zero.clone(), move |zero, _, records| {
            records.fold(zero.clone(), sequence)
        })?;
        Ok(parts.into_iter().fold(zero, combine))
    }

    /// `reduce` in several rounds, so that the driver gets few partial results of many partitions.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(1, 101, 1, 50).tree_reduce(|a, b| a + b, 2)?, 5_050);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `EmptyCollection`; a depth of 0; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.treeReduce`
    #[track_caller]
    pub fn tree_reduce<F>(&self, function: F, depth: u32) -> Result<T>
    where
        F: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        let at = origin("treeReduce");
        let parts = self.narrow(at, (), move |_, _, records| std::iter::once(records.reduce(function)));
        let either = move |left, right| match (left, right) {
            (Some(left), Some(right)) => Some(function(left, right)),
            (left, right) => left.or(right),
        };
        parts.tree(at, None, either, depth)?.ok_or(Error::EmptyCollection)
    }

    /// `aggregate` in several rounds, so that the driver gets few partial results of many partitions. The zero goes in once
    /// per partition, once more for each partial result of each round, and once on the driver.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 1_000, 1, 50).tree_aggregate(0, |sum, n| sum + n, |a, b| a + b, 2)?, 499_500);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A depth of 0; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.treeAggregate`
    #[track_caller]
    pub fn tree_aggregate<U, A, B>(&self, zero: U, sequence: A, combine: B, depth: u32) -> Result<U>
    where
        U: Data,
        A: Fn(U, T) -> U + Copy + Send + Sync + 'static,
        B: Fn(U, U) -> U + Copy + Send + Sync + 'static,
    {
        let at = origin("treeAggregate");
        let parts = self.narrow(at, zero.clone(), move |zero, _, records| {
            std::iter::once(records.fold((**zero).clone(), sequence))
        });
        parts.tree(at, zero, combine, depth)
    }

    /// Combines one record per partition in rounds, each with about `scale` times fewer partitions: Spark's `foldByKey` for
    /// each round, and `fold` at the end.
    fn tree<B>(&self, at: Origin, zero: T, combine: B, depth: u32) -> Result<T>
    where
        B: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        if depth == 0 {
            let problem = "Depth must be greater than or equal to 1 but got 0.".to_owned();
            return Err(Error::Argument { operation: at.operation(), problem });
        }
        let scale = (f64::from(self.num_partitions()).powf(1.0 / f64::from(depth)).ceil() as u32).max(2);
        let mut parts = self.clone();
        // Another round pays only while it leaves clearly fewer partitions than the driver would get without.
        while parts.num_partitions() > scale + parts.num_partitions().div_ceil(scale) {
            let fewer = parts.num_partitions() / scale;
            let keyed = parts.narrow(at, (fewer, zero.clone()), move |state, split, records| {
                let state = state.clone();
                records.map(move |record| (split % state.0, combine(state.1.clone(), record)))
            });
            let combined = keyed.reduced(at, fewer, combine);
            parts = combined.narrow(at, (), |_, _, records| records.map(|(_, record)| record));
        }
        parts.fold_at(at, zero, combine)
    }

    fn fold_at<F>(&self, at: Origin, zero: T, function: F) -> Result<T>
    where
        F: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        let parts =
            self.on_all(at, zero.clone(), move |zero, _, records| records.fold(zero.clone(), function))?;
        Ok(parts.into_iter().fold(zero, function))
    }

    /// Runs a function on each record, for what it does elsewhere.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::atomic::{AtomicI64, Ordering};
    /// static SUM: AtomicI64 = AtomicI64::new(0);
    /// sc.range(0, 10, 1, 2).foreach(|n| {
    ///     SUM.fetch_add(n, Ordering::Relaxed);
    /// })?;
    /// // Seen here because a `local` master runs tasks in this process; elsewhere use an accumulator.
    /// assert_eq!(SUM.load(Ordering::Relaxed), 45);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.foreach`
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    #[track_caller]
    pub fn foreach<F>(&self, function: F) -> Result<()>
    where
        F: Fn(T) + Copy + Send + Sync + 'static,
    {
        self.on_all(origin("foreach"), (), move |(), _, records| records.for_each(function)).map(drop)
    }

    /// `foreach` with a state: an accumulator, a broadcast variable, any value that serialises.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sum = sc.long_accumulator("sum");
    /// sc.range(0, 10, 1, 2).foreach_with(sum.clone(), |sum, n| sum.add(n))?;
    /// assert_eq!(sum.value(), 45);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.foreach`
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    #[track_caller]
    pub fn foreach_with<S, F>(&self, state: S, function: F) -> Result<()>
    where
        S: State,
        F: Fn(&S, T) + Copy + Send + Sync + 'static,
    {
        let each =
            move |state: &S, _, records: Records<T>| records.for_each(|record| function(state, record));
        self.on_all(origin("foreach"), state, each).map(drop)
    }

    /// Runs a function on each partition's records, for what it does elsewhere.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::atomic::{AtomicU64, Ordering};
    /// static LARGEST: AtomicU64 = AtomicU64::new(0);
    /// sc.range(0, 10, 1, 3).foreach_partition(|records| {
    ///     LARGEST.fetch_max(records.count() as u64, Ordering::Relaxed);
    /// })?;
    /// // Seen here because a `local` master runs tasks in this process; elsewhere use an accumulator.
    /// assert_eq!(LARGEST.load(Ordering::Relaxed), 4);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.foreachPartition`
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    #[track_caller]
    pub fn foreach_partition<F>(&self, function: F) -> Result<()>
    where
        F: Fn(Records<T>) + Copy + Send + Sync + 'static,
    {
        self.on_all(origin("foreachPartition"), (), move |(), _, records| function(records)).map(drop)
    }

    /// `foreach_partition` with a state.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let largest = sc.collection_accumulator::<i64>("largest of each partition");
    /// sc.range(0, 10, 1, 2).foreach_partition_with(largest.clone(), |largest, records| {
    ///     records.max().into_iter().for_each(|n| largest.add(n));
    /// })?;
    /// let mut largest = largest.value();
    /// largest.sort();
    /// assert_eq!(largest, [4, 9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.foreachPartition`
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    #[track_caller]
    pub fn foreach_partition_with<S, F>(&self, state: S, function: F) -> Result<()>
    where
        S: State,
        F: Fn(&S, Records<T>) + Copy + Send + Sync + 'static,
    {
        self.on_all(origin("foreachPartition"), state, move |state, _, records| function(state, records))
            .map(drop)
    }

    pub(crate) fn collect_at(&self, at: Origin) -> Result<Vec<T>> {
        let parts = self.on_all(at, (), |(), _, records| records.collect::<Vec<T>>())?;
        Ok(parts.into_iter().flatten().collect())
    }

    pub(crate) fn reduce_at<F>(&self, at: Origin, function: F) -> Result<Option<T>>
    where
        F: Fn(T, T) -> T + Copy + Send + Sync + 'static,
    {
        let parts = self.on_all(at, (), move |(), _, records| records.reduce(function))?;
        Ok(parts.into_iter().flatten().reduce(function))
    }

    /// Runs a job on all partitions.
    pub(crate) fn on_all<U, S, F>(&self, at: Origin, state: S, function: F) -> Result<Vec<U>>
    where
        U: Data,
        S: State,
        F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
    {
        self.context.collect_job(self, (0..self.num_partitions()).collect(), at, state, function)
    }
}
