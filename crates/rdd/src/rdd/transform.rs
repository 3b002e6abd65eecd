//! Transformations of single records and of whole partitions.

use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, State, origin};
use crate::node::{Cartesian, Records, Zipped};

impl<T: Data> Rdd<T> {
    /// Each record through a function.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 3], 2).map(|n| n * 10).collect()?, [10, 20, 30]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A closure that captures a variable does not compile; see `map_with`.
    ///
    /// ```compile_fail
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let factor = 10;
    /// sc.parallelize([1, 2, 3], 2).map(move |n| n * factor).collect()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.map`
    #[track_caller]
    pub fn map<U, F>(&self, function: F) -> Rdd<U>
    where
        U: Data,
        F: Fn(T) -> U + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("map"), (), move |_, _, records| records.map(function))
    }

    /// Each record through a function that also sees a state, which travels with it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let factor = 10;
    /// assert_eq!(sc.parallelize([1, 2, 3], 2).map_with(factor, |factor, n| n * factor).collect()?, [10, 20, 30]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.map`
    #[track_caller]
    pub fn map_with<U, S, F>(&self, state: S, function: F) -> Rdd<U>
    where
        U: Data,
        S: State,
        F: Fn(&S, T) -> U + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("map"), state, move |state, _, records| {
            let state = state.clone();
            records.map(move |record| function(&state, record))
        })
    }

    /// Each record to any number of records.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 3], 2).flat_map(|n| 0..n).collect()?, [0, 0, 1, 0, 1, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.flatMap`
    #[track_caller]
    pub fn flat_map<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        F: Fn(T) -> I + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("flatMap"), (), move |_, _, records| records.flat_map(function))
    }

    /// `flat_map` with a state.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (words, endings) = (sc.parallelize(["work".to_owned()], 1), vec!["s".to_owned(), "ed".to_owned()]);
    /// let forms = words.flat_map_with(endings, |endings, word| {
    ///     endings.iter().map(|end| format!("{word}{end}")).collect::<Vec<_>>()
    /// });
    /// assert_eq!(forms.collect()?, ["works", "worked"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.flatMap`
    #[track_caller]
    pub fn flat_map_with<I, S, F>(&self, state: S, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        S: State,
        F: Fn(&S, T) -> I + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("flatMap"), state, move |state, _, records| {
            let state = state.clone();
            records.flat_map(move |record| function(&state, record))
        })
    }

    /// The records for which the condition holds.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 10, 1, 2).filter(|n| n % 4 == 0).collect()?, [0, 4, 8]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.filter`
    #[track_caller]
    pub fn filter<F>(&self, condition: F) -> Rdd<T>
    where
        F: Fn(&T) -> bool + Copy + Send + Sync + 'static,
    {
        let made = self.narrow(origin("filter"), (), move |_, _, records| records.filter(condition));
        self.keeping_partitioner(made)
    }

    /// `filter` with a state.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let least = 8;
    /// assert_eq!(sc.range(0, 10, 1, 2).filter_with(least, |least, n| n >= least).collect()?, [8, 9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.filter`
    #[track_caller]
    pub fn filter_with<S, F>(&self, state: S, condition: F) -> Rdd<T>
    where
        S: State,
        F: Fn(&S, &T) -> bool + Copy + Send + Sync + 'static,
    {
        let made = self.narrow(origin("filter"), state, move |state, _, records| {
            let state = state.clone();
            records.filter(move |record| condition(&state, record))
        });
        self.keeping_partitioner(made)
    }

    /// Each partition's records through a function over their iterator.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sums = sc.range(0, 10, 1, 2).map_partitions(|records| [records.sum::<i64>()]);
    /// assert_eq!(sums.collect()?, [10, 35]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.mapPartitions`
    #[track_caller]
    pub fn map_partitions<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        F: Fn(Records<T>) -> I + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("mapPartitions"), (), move |_, _, records| function(records).into_iter())
    }

    /// `map_partitions` with a state. The function gets it shared, so that the iterator it returns may keep it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let offset = 100;
    /// let shifted = sc.range(0, 4, 1, 2).map_partitions_with(offset, |offset, records| records.map(move |n| n + *offset));
    /// assert_eq!(shifted.collect()?, [100, 101, 102, 103]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.mapPartitions`
    #[track_caller]
    pub fn map_partitions_with<I, S, F>(&self, state: S, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        S: State,
        F: Fn(std::sync::Arc<S>, Records<T>) -> I + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("mapPartitions"), state, move |state, _, records| {
            function(state.clone(), records).into_iter()
        })
    }

    /// Each partition's records through a function that also sees which partition it is.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let named = sc.range(0, 4, 1, 2).map_partitions_with_index(|split, records| records.map(move |n| (split, n)));
    /// assert_eq!(named.collect()?, [(0, 0), (0, 1), (1, 2), (1, 3)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.mapPartitionsWithIndex`
    #[track_caller]
    pub fn map_partitions_with_index<I, F>(&self, function: F) -> Rdd<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        F: Fn(u32, Records<T>) -> I + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("mapPartitionsWithIndex"), (), move |_, split, records| {
            function(split, records).into_iter()
        })
    }

    /// The records of each partition as one record.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 5, 1, 2).glom().collect()?, [vec![0, 1], vec![2, 3, 4]]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.glom`
    #[track_caller]
    pub fn glom(&self) -> Rdd<Vec<T>> {
        self.narrow(origin("glom"), (), |_, _, records| std::iter::once(records.collect()))
    }

    /// Each record with the key that a function finds in it.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 3, 1, 1).key_by(|n| n % 2).collect()?, [(0, 0), (1, 1), (0, 2)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.keyBy`
    #[track_caller]
    pub fn key_by<K, F>(&self, key: F) -> Rdd<(K, T)>
    where
        K: Data,
        F: Fn(&T) -> K + Copy + Send + Sync + 'static,
    {
        self.narrow(origin("keyBy"), (), move |_, _, records| {
            records.map(move |record| (key(&record), record))
        })
    }

    /// The records by the key that a function finds in them; 0 partitions means as many as this RDD's.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let mut groups = sc.range(0, 5, 1, 2).group_by(|n| n % 2, 2).collect()?;
    /// groups.sort();
    /// assert_eq!(groups, [(0, vec![0, 2, 4]), (1, vec![1, 3])]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.groupBy`
    #[track_caller]
    pub fn group_by<K, F>(&self, key: F, partitions: u32) -> Rdd<(K, Vec<T>)>
    where
        K: Data + Hash + Eq,
        F: Fn(&T) -> K + Copy + Send + Sync + 'static,
    {
        let keyed = self.narrow(origin("groupBy"), (), move |_, _, records| {
            records.map(move |record| (key(&record), record))
        });
        keyed.grouped(origin("groupBy"), partitions)
    }

    /// Every record of this with every record of another.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (letters, numbers) = (sc.parallelize(['a', 'b'], 1), sc.range(1, 3, 1, 1));
    /// assert_eq!(letters.cartesian(&numbers).collect()?, [('a', 1), ('a', 2), ('b', 1), ('b', 2)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.cartesian`
    #[track_caller]
    pub fn cartesian<U: Data>(&self, other: &Rdd<U>) -> Rdd<(T, U)> {
        let partitions = self.num_partitions().saturating_mul(other.num_partitions());
        self.derive(
            partitions,
            origin("cartesian"),
            Cartesian::new(self.lineage.clone(), other.lineage.clone()),
        )
    }

    /// Side by side with another RDD of as many partitions, each with as many records.
    ///
    /// Different numbers of partitions, or of records in a partition, are an error, which the first action gives.
    /// After a shuffle, which record meets which may change from run to run, as for `zip_with_index`.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (letters, numbers) = (sc.parallelize(['a', 'b', 'c'], 2), sc.range(1, 4, 1, 2));
    /// assert_eq!(letters.zip(&numbers).collect()?, [('a', 1), ('b', 2), ('c', 3)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.zip`
    #[track_caller]
    pub fn zip<U: Data>(&self, other: &Rdd<U>) -> Rdd<(T, U)> {
        let (left, right) = (self.num_partitions(), other.num_partitions());
        if left != right {
            let problem = format!("Can't zip RDDs with unequal numbers of partitions: List({left}, {right})");
            return self.invalid(origin("zip"), &problem);
        }
        let node = Zipped::new(self.lineage.clone(), other.lineage.clone());
        self.derive(left, origin("zip"), node)
    }
}
