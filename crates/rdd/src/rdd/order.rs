//! Sorting, and the greatest and least records.

use std::fmt::Debug;

use hearth_storage::Data;

use super::{Rdd, origin};
use crate::error::{Error, Result};
use crate::node::Origin;
use crate::partitioner::AnyPartitioner;

impl<K: Data + Ord + Debug, V: Data> Rdd<(K, V)> {
    /// The pairs sorted by key over all partitions. Runs a job that samples the keys, and another one where partitions
    /// have far more records than others; 0 partitions means as many as this RDD's.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sorted = sc.parallelize([(3, 'c'), (1, 'a'), (2, 'b')], 2).sort_by_key(true, 2)?;
    /// assert_eq!(sorted.values().collect()?, ['a', 'b', 'c']);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A sampling job was aborted or cancelled.
    ///
    /// Spark: `OrderedRDDFunctions.sortByKey`
    #[track_caller]
    pub fn sort_by_key(&self, ascending: bool, partitions: u32) -> Result<Rdd<(K, V)>> {
        self.sorted(origin("sortByKey"), ascending, partitions)
    }

    pub(crate) fn sorted(&self, at: Origin, ascending: bool, partitions: u32) -> Result<Rdd<(K, V)>> {
        let partitions = if partitions == 0 { self.num_partitions() } else { partitions };
        let partitioner = AnyPartitioner::new(self.range_partitioner(at, partitions, ascending)?);
        Ok(self.sorted_by(at, &partitioner, ascending))
    }
}

impl<T: Data> Rdd<T> {
    /// The records sorted by the key that a function finds in them; 0 partitions means as many as this RDD's.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([3, 1, 2], 2).sort_by(|n| *n, false, 0)?.collect()?, [3, 2, 1]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A sampling job was aborted or cancelled.
    ///
    /// Spark: `RDD.sortBy`
    #[track_caller]
    pub fn sort_by<K, F>(&self, key: F, ascending: bool, partitions: u32) -> Result<Rdd<T>>
    where
        K: Data + Ord + Debug,
        F: Fn(&T) -> K + Copy + Send + Sync + 'static,
    {
        let at = origin("sortBy");
        let keyed =
            self.narrow(at, (), move |_, _, records| records.map(move |record| (key(&record), record)));
        let sorted = keyed.sorted(at, ascending, partitions)?;
        Ok(sorted.narrow(at, (), |_, _, records| records.map(|(_, record)| record)))
    }

    /// The `count` records with the greatest keys, greatest first.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let counts = sc.parallelize([("a", 3), ("b", 9), ("c", 5)].map(|(word, n)| (word.to_owned(), n)), 2);
    /// let top = counts.top_by(2, |(_, n)| *n)?;
    /// assert_eq!(top, [("b".to_owned(), 9), ("c".to_owned(), 5)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.top` with an ordering
    #[track_caller]
    pub fn top_by<K, F>(&self, count: usize, key: F) -> Result<Vec<T>>
    where
        K: Ord,
        F: Fn(&T) -> K + Copy + Send + Sync + 'static,
    {
        self.least_at(origin("top"), count, move |left, right| key(right).cmp(&key(left)))
    }

    /// The `count` records with the least keys, least first.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let words = sc.parallelize(["pear", "fig", "apple"].map(str::to_owned), 2);
    /// assert_eq!(words.take_ordered_by(2, |word| word.len())?, ["fig", "pear"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.takeOrdered` with an ordering
    #[track_caller]
    pub fn take_ordered_by<K, F>(&self, count: usize, key: F) -> Result<Vec<T>>
    where
        K: Ord,
        F: Fn(&T) -> K + Copy + Send + Sync + 'static,
    {
        self.least_at(origin("takeOrdered"), count, move |left, right| key(left).cmp(&key(right)))
    }

    /// The `count` least records by a comparison.
    fn least_at<F>(&self, at: Origin, count: usize, compare: F) -> Result<Vec<T>>
    where
        F: Fn(&T, &T) -> std::cmp::Ordering + Copy + Send + Sync + 'static,
    {
        let all = (0..self.num_partitions()).collect();
        let parts = self
            .context
            .collect_job(self, all, at, count, move |count, _, records| least(records, *count, compare))?;
        Ok(least(parts.into_iter().flatten(), count, compare))
    }
}

impl<T: Data + Ord> Rdd<T> {
    /// The `count` greatest records, greatest first.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([5, 3, 9, 1], 2).top(2)?, [9, 5]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.top`
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    #[track_caller]
    pub fn top(&self, count: usize) -> Result<Vec<T>> {
        self.least_at(origin("top"), count, |left, right| right.cmp(left))
    }

    /// The `count` least records, least first.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.parallelize([5, 3, 9, 1], 2);
    /// assert_eq!((numbers.take_ordered(2)?, numbers.top(2)?), (vec![1, 3], vec![9, 5]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.takeOrdered`
    #[track_caller]
    pub fn take_ordered(&self, count: usize) -> Result<Vec<T>> {
        self.least_at(origin("takeOrdered"), count, T::cmp)
    }
}

impl<T: Data + PartialOrd> Rdd<T> {
    /// The greatest record. Of records that do not compare (NaN) the first stays.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.parallelize([2.5, 0.5, 9.0], 2);
    /// assert_eq!((numbers.min()?, numbers.max()?), (0.5, 9.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `EmptyCollection`; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.max`
    #[track_caller]
    pub fn max(&self) -> Result<T> {
        self.reduce_at(origin("max"), |left, right| if right > left { right } else { left })?
            .ok_or(Error::EmptyCollection)
    }

    /// The least record. Of records that do not compare (NaN) the first stays.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([2.5, 0.5, 9.0], 2).min()?, 0.5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `EmptyCollection`; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.min`
    #[track_caller]
    pub fn min(&self) -> Result<T> {
        self.reduce_at(origin("min"), |left, right| if right < left { right } else { left })?
            .ok_or(Error::EmptyCollection)
    }
}

/// The `count` least, sorted, holding at most twice as many at a time.
fn least<T>(
    records: impl Iterator<Item = T>,
    count: usize,
    compare: impl Fn(&T, &T) -> std::cmp::Ordering + Copy,
) -> Vec<T> {
    if count == 0 {
        return Vec::new();
    }
    let room = count.saturating_mul(2).max(64);
    let mut kept: Vec<T> = Vec::new();
    let mut bound = false;
    for record in records {
        if bound && compare(&record, &kept[count - 1]).is_ge() {
            continue;
        }
        kept.push(record);
        if kept.len() >= room {
            kept.sort_by(compare);
            kept.truncate(count);
            bound = true;
        }
    }
    kept.sort_by(compare);
    kept.truncate(count);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_keeps_the_least_in_order() {
        let numbers = (0..1_000u64).map(|n| n * 7_919 % 1_000);
        assert_eq!(least(numbers, 5, u64::cmp), [0, 1, 2, 3, 4]);
        assert_eq!(least([3, 1].into_iter(), 5, i32::cmp), [1, 3]);
        assert!(least([3, 1].into_iter(), 0, i32::cmp).is_empty());
    }
}
