//! Pairs: their keys and values, and actions on them.

use std::collections::HashMap;
use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, State, origin};
use crate::error::Result;

impl<K: Data, V: Data> Rdd<(K, V)> {
    /// The keys.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2)], 2).keys().collect()?, ['a', 'b']);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.keys`
    #[track_caller]
    pub fn keys(&self) -> Rdd<K> {
        self.narrow(origin("keys"), (), |_, _, records| records.map(|(key, _)| key))
    }

    /// The values.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2)], 2).values().collect()?, [1, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.values`
    #[track_caller]
    pub fn values(&self) -> Rdd<V> {
        self.narrow(origin("values"), (), |_, _, records| records.map(|(_, value)| value))
    }

    /// Each value through a function; keys, and so the partitioning, stay.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2)], 1).map_values(|n| n * 10).collect()?, [('a', 10), ('b', 20)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.mapValues`
    #[track_caller]
    pub fn map_values<U, F>(&self, function: F) -> Rdd<(K, U)>
    where
        U: Data,
        F: Fn(V) -> U + Copy + Send + Sync + 'static,
    {
        let made = self.narrow(origin("mapValues"), (), move |_, _, records| {
            records.map(move |(key, value)| (key, function(value)))
        });
        self.keeping_partitioner(made)
    }

    /// `map_values` with a state.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (pairs, factor) = (sc.parallelize([('a', 1), ('b', 2)], 1), 10);
    /// assert_eq!(pairs.map_values_with(factor, |factor, n| n * factor).collect()?, [('a', 10), ('b', 20)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.mapValues`
    #[track_caller]
    pub fn map_values_with<U, S, F>(&self, state: S, function: F) -> Rdd<(K, U)>
    where
        U: Data,
        S: State,
        F: Fn(&S, V) -> U + Copy + Send + Sync + 'static,
    {
        let made = self.narrow(origin("mapValues"), state, move |state, _, records| {
            let state = state.clone();
            records.map(move |(key, value)| (key, function(&state, value)))
        });
        self.keeping_partitioner(made)
    }

    /// Each value to any number of values of its key.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 2), ('b', 0)], 1).flat_map_values(|n| 0..n).collect()?, [('a', 0), ('a', 1)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.flatMapValues`
    #[track_caller]
    pub fn flat_map_values<I, F>(&self, function: F) -> Rdd<(K, I::Item)>
    where
        I: IntoIterator + 'static,
        I::Item: Data,
        I::IntoIter: 'static,
        F: Fn(V) -> I + Copy + Send + Sync + 'static,
    {
        let made = self.narrow(origin("flatMapValues"), (), move |_, _, records| {
            records.flat_map(move |(key, value)| WithKey { key, values: function(value).into_iter() })
        });
        self.keeping_partitioner(made)
    }

    /// All values of one key. Looks only where the key must be when the partitioning is known.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2).lookup('a')?, [1, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `PairRDDFunctions.lookup`
    #[track_caller]
    pub fn lookup(&self, key: K) -> Result<Vec<V>>
    where
        K: Eq,
    {
        let partitions = match self.partitioner() {
            Some(partitioner) => vec![partitioner.partition(&key)],
            None => (0..self.num_partitions()).collect(),
        };
        let found =
            self.context.collect_job(self, partitions, origin("lookup"), key, |key, _, records| {
                records.filter(|(has, _)| has == key).map(|(_, value)| value).collect::<Vec<V>>()
            })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// How many records each key has, on the driver.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2).count_by_key()?[&'a'], 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `PairRDDFunctions.countByKey`
    #[track_caller]
    pub fn count_by_key(&self) -> Result<HashMap<K, u64>>
    where
        K: Hash + Eq,
    {
        let at = origin("countByKey");
        let ones = self.narrow(at, (), |_, _, records| records.map(|(key, _)| (key, 1u64)));
        let ones = self.keeping_partitioner(ones);
        Ok(ones.reduced(at, 0, |a, b| a + b).collect_at(at)?.into_iter().collect())
    }

    /// The pairs as a map on the driver; of several values of a key the last stays.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2).collect_as_map()?[&'a'], 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `PairRDDFunctions.collectAsMap`
    #[track_caller]
    pub fn collect_as_map(&self) -> Result<HashMap<K, V>>
    where
        K: Hash + Eq,
    {
        Ok(self.collect_at(origin("collectAsMap"))?.into_iter().collect())
    }
}

/// Values with their key, which the last value gets instead of a copy where the end can be seen.
struct WithKey<K, I> {
    key: K,
    values: I,
}

impl<K: Clone, I: Iterator> Iterator for WithKey<K, I> {
    type Item = (K, I::Item);

    fn next(&mut self) -> Option<Self::Item> {
        self.values.next().map(|value| (self.key.clone(), value))
    }
}
