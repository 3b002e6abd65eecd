//! Whether the records of a partition come in the same order each time they are computed.
//!
//! What depends on the positions of records, and is to be the same when it is computed again, asks here first.
//! Spark: `RDD.outputDeterministicLevel`. Ours says only what to look at: whether a map output that is computed again is the
//! same one, its checksum tells (`shuffle.rs`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{AnyLineage, Dependency};

/// Whether the records come in the same order each time, if the user's functions keep to theirs.
///
/// Sources are so, and what is computed from them record by record.
/// A shuffle ends it, as its pieces come when they come, and even a sort leaves equal keys in the order in which they came.
/// A checkpoint is a source again. A persisted RDD is not: its partitions may be lost, and are then computed again.
pub(crate) fn is_reproducible(root: Arc<dyn AnyLineage>) -> bool {
    let mut seen = BTreeSet::new();
    // Without recursion: lineages of iterative programs are deep.
    let mut next = vec![root];
    while let Some(rdd) = next.pop() {
        if !seen.insert(rdd.id()) {
            continue;
        }
        let node = rdd.node();
        if !node.keeps_order() {
            return false;
        }
        for dependency in node.dependencies() {
            match dependency {
                Dependency::Narrow { parent, .. } => next.push(parent),
                Dependency::Shuffle(_) => return false,
            }
        }
    }
    true
}

/// Whether records may be others each time, because something on the way uses their order, which is not the same each time.
///
/// Spark: `INDETERMINATE`, of what one stage computes.
pub(crate) fn varies_with_order(root: &Arc<dyn AnyLineage>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![root.clone()];
    while let Some(rdd) = next.pop() {
        if !seen.insert(rdd.id()) {
            continue;
        }
        let node = rdd.node();
        for dependency in node.dependencies() {
            if let Dependency::Narrow { parent, .. } = dependency {
                if node.uses_order() && !is_reproducible(parent.clone()) {
                    return true;
                }
                next.push(parent);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use hearth_conf::SparkConf;

    use super::*;
    use crate::SparkContext;
    use crate::partitioner::HashPartitioner;
    use crate::rdd::Rdd;

    fn reproducible<T: hearth_storage::Data>(rdd: &Rdd<T>) -> bool {
        is_reproducible(rdd.lineage().clone())
    }

    fn context() -> SparkContext {
        SparkContext::new(SparkConf::new().with("spark.master", "local[1]")).unwrap()
    }

    #[test]
    fn sources_and_narrow_steps_are_reproducible() {
        let sc = context();
        let numbers = sc.range(0, 10, 1, 4);
        assert!(reproducible(&numbers) && reproducible(&sc.parallelize([1, 2], 2)));
        let narrow = numbers.map(|n| n + 1).union(&numbers).coalesce(2).filter(|n| n % 2 == 0);
        assert!(reproducible(&narrow.zip(&narrow).cartesian(&narrow).glom()));
    }

    #[test]
    fn nothing_above_a_shuffle_is_reproducible() {
        let sc = context();
        let (numbers, pairs) = (sc.range(0, 10, 1, 4), sc.range(0, 10, 1, 4).map(|n| (n, n)));
        assert!(!reproducible(&pairs.reduce_by_key(|a, b| a + b, 2)));
        assert!(!reproducible(&pairs.join(&pairs, 2)));
        assert!(!reproducible(&pairs.partition_by(HashPartitioner::new(2)).keys().union(&numbers)));
        assert!(!reproducible(&numbers.repartition(2)));
        assert!(!reproducible(&numbers.sort_by(|n| n % 2, true, 2).unwrap()), "equal keys");
    }

    #[test]
    fn a_checkpoint_makes_it_reproducible_and_persisting_does_not() {
        let (sc, dir) = (context(), tempfile::tempdir().unwrap());
        sc.set_checkpoint_dir(dir.path().display().to_string());
        let pairs = sc.range(0, 10, 1, 4).map(|n| (n, n)).partition_by(HashPartitioner::new(2));
        let pairs = pairs.cache().unwrap();
        pairs.checkpoint().unwrap();
        assert!(!reproducible(&pairs), "not written yet");
        assert_eq!(pairs.count().unwrap(), 10);
        assert!(reproducible(&pairs.values()));
        // Combined in place, in an order that depends on what was spilled.
        for combined in [pairs.distinct(0), pairs.reduce_by_key(|a, b| a + b, 0)] {
            assert!(!reproducible(&combined.map_values(|n| n)));
        }
        assert!(!reproducible(&pairs.join(&pairs, 0)));
    }
    fn varies<T: hearth_storage::Data>(rdd: &Rdd<T>) -> bool {
        let lineage: Arc<dyn AnyLineage> = rdd.lineage().clone();
        varies_with_order(&lineage)
    }

    #[test]
    fn what_uses_an_order_that_differs_each_time_varies_up_to_the_next_shuffle() {
        use crate::rdd::Replacement::Without;
        let sc = context();
        let numbers = sc.range(0, 10, 1, 4);
        let shuffled = numbers.map(|n| (n, n)).partition_by(HashPartitioner::new(4)).keys();
        assert!(!varies(&numbers.sample(Without, 0.5, 1).zip(&numbers)) && !varies(&shuffled.map(|n| n + 1)));
        assert!(varies(&shuffled.sample(Without, 0.5, 1).map(|n| n + 1).union(&numbers)));
        assert!(varies(&shuffled.zip(&numbers)) && varies(&numbers.zip(&shuffled)));
        assert!(varies(&shuffled.zip_with_index().unwrap()));
        assert!(!varies(&shuffled.repartition(3)), "the records are dealt before its shuffle");
    }
}
