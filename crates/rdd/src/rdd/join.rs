//! The four joins, each over a cogroup. A key with values on both sides gives every pair of them.

use std::hash::Hash;

use hearth_storage::Data;

use super::{Rdd, origin};

impl<K: Data + Hash + Eq, V: Data> Rdd<(K, V)> {
    /// The pairs of values of keys that are on both sides.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (ages, towns) = (sc.parallelize([("ann", 7), ("bob", 8)].map(own), 2), sc.parallelize([("ann", 1)].map(own), 1));
    /// assert_eq!(ages.join(&towns, 0).collect()?, [("ann".to_owned(), (7, 1))]);
    /// # Ok(())
    /// # }
    /// # fn own((name, n): (&str, i32)) -> (String, i32) { (name.to_owned(), n) }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.join`
    #[track_caller]
    pub fn join<W: Data>(&self, other: &Rdd<(K, W)>, partitions: u32) -> Rdd<(K, (V, W))> {
        let at = origin("join");
        let groups = self.cogrouped(at, other, partitions);
        let joined = groups.narrow(at, (), |_, _, groups| {
            groups.flat_map(|(key, (left, right))| Pairs::new(key, left, right))
        });
        groups.keeping_partitioner(joined)
    }

    /// Every pair of this side, with each value of the other side or none.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (left, right) = (sc.parallelize([('a', 1), ('b', 2)], 2), sc.parallelize([('a', 3)], 1));
    /// let mut joined = left.left_outer_join(&right, 0).collect()?;
    /// joined.sort();
    /// assert_eq!(joined, [('a', (1, Some(3))), ('b', (2, None))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.leftOuterJoin`
    #[track_caller]
    pub fn left_outer_join<W: Data>(&self, other: &Rdd<(K, W)>, partitions: u32) -> Rdd<(K, (V, Option<W>))> {
        let at = origin("leftOuterJoin");
        let groups = self.cogrouped(at, other, partitions);
        let joined = groups.narrow(at, (), |_, _, groups| {
            groups.flat_map(|(key, (left, right))| Pairs::new(key, left, or_none(right)))
        });
        groups.keeping_partitioner(joined)
    }

    /// Every pair of the other side, with each value of this side or none.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (left, right) = (sc.parallelize([('a', 1), ('b', 2)], 2), sc.parallelize([('a', 3), ('c', 4)], 1));
    /// let mut joined = left.right_outer_join(&right, 0).collect()?;
    /// joined.sort();
    /// assert_eq!(joined, [('a', (Some(1), 3)), ('c', (None, 4))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.rightOuterJoin`
    #[track_caller]
    pub fn right_outer_join<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: u32,
    ) -> Rdd<(K, (Option<V>, W))> {
        let at = origin("rightOuterJoin");
        let groups = self.cogrouped(at, other, partitions);
        let joined = groups.narrow(at, (), |_, _, groups| {
            groups.flat_map(|(key, (left, right))| Pairs::new(key, or_none(left), right))
        });
        groups.keeping_partitioner(joined)
    }

    /// Every pair of either side, with each value of the other or none.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let (left, right) = (sc.parallelize([('a', 1), ('b', 2)], 2), sc.parallelize([('a', 3), ('c', 4)], 1));
    /// let mut joined = left.full_outer_join(&right, 0).collect()?;
    /// joined.sort();
    /// assert_eq!(joined, [('a', (Some(1), Some(3))), ('b', (Some(2), None)), ('c', (None, Some(4)))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `PairRDDFunctions.fullOuterJoin`
    #[track_caller]
    pub fn full_outer_join<W: Data>(
        &self,
        other: &Rdd<(K, W)>,
        partitions: u32,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        let at = origin("fullOuterJoin");
        let groups = self.cogrouped(at, other, partitions);
        let joined = groups.narrow(at, (), |_, _, groups| {
            groups.flat_map(|(key, (left, right))| Pairs::new(key, or_none(left), or_none(right)))
        });
        groups.keeping_partitioner(joined)
    }
}

fn or_none<T>(values: Vec<T>) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.into_iter().map(Some).collect() }
}

/// Every pair of two lists of values, with their key. Copies only what is used more than once, so a key with one value
/// on each side, the common case, copies nothing.
struct Pairs<K, V, W> {
    key: Option<K>,
    left: std::vec::IntoIter<V>,
    right: Vec<W>,
    now: Option<V>,
    at: usize,
}

impl<K, V, W> Pairs<K, V, W> {
    fn new(key: K, left: Vec<V>, right: Vec<W>) -> Self {
        let mut left = if right.is_empty() { Vec::new() } else { left }.into_iter();
        let now = left.next();
        Self { key: Some(key), left, right, now, at: 0 }
    }
}

impl<K: Clone, V: Clone, W: Clone> Iterator for Pairs<K, V, W> {
    type Item = (K, (V, W));

    fn next(&mut self) -> Option<Self::Item> {
        let last_of_right = self.at + 1 == self.right.len();
        let (value, right) = if last_of_right {
            self.at = 0;
            let value = self.now.take()?;
            self.now = self.left.next();
            let right =
                if self.now.is_none() { self.right.pop()? } else { self.right[self.right.len() - 1].clone() };
            (value, right)
        } else {
            let pair = (self.now.clone()?, self.right.get(self.at)?.clone());
            self.at += 1;
            pair
        };
        let key = if self.now.is_none() { self.key.take()? } else { self.key.clone()? };
        Some((key, (value, right)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(left: Vec<i32>, right: Vec<char>) -> Vec<(i32, char)> {
        Pairs::new((), left, right).map(|((), pair)| pair).collect()
    }

    #[test]
    fn pairs_are_all_combinations_in_order() {
        assert_eq!(pairs(vec![1, 2], vec!['a', 'b']), [(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]);
        assert_eq!(pairs(vec![1], vec!['a']), [(1, 'a')]);
        assert!(pairs(vec![], vec!['a']).is_empty());
        assert!(pairs(vec![1], vec![]).is_empty());
    }
}
