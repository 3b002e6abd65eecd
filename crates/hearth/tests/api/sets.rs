//! RDDs as sets: union, distinct, intersection, subtract.

use crate::support::{on_both, sorted};

#[test]
fn union_keeps_duplicates_order_and_partitions() {
    on_both(|sc| {
        let (left, right) = (sc.parallelize([1, 2, 2], 2), sc.parallelize([2, 3], 3));
        let both = left.union(&right);
        assert_eq!(both.num_partitions(), 5);
        assert_eq!(both.collect().unwrap(), [1, 2, 2, 2, 3]);
        assert_eq!(left.union(&left).collect().unwrap(), [1, 2, 2, 1, 2, 2], "with itself");
    });
}

#[test]
fn union_mixes_shuffled_and_plain_parents() {
    on_both(|sc| {
        let sums = sc.range(0, 100, 1, 4).map(|n| (n % 3, n)).reduce_by_key(|a, b| a + b, 2);
        let all = sums.union(&sc.parallelize([(9, 9)], 1)).union(&sums);
        assert_eq!(sorted(all.collect().unwrap()).len(), 7);
        assert_eq!(all.values().reduce(|a, b| a + b).unwrap(), 2 * 4_950 + 9);
    });
}

#[test]
fn distinct_keeps_each_record_once() {
    on_both(|sc| {
        let words = ["b", "a", "b", "", "a", ""].map(str::to_owned);
        let rdd = sc.parallelize(words, 4);
        assert_eq!(sorted(rdd.distinct(0).collect().unwrap()), ["", "a", "b"]);
        assert_eq!(rdd.distinct(0).num_partitions(), 4);
        assert_eq!(rdd.distinct(7).num_partitions(), 7);
        assert_eq!(rdd.distinct(1).count().unwrap(), 3);
    });
}

#[test]
fn intersection_keeps_what_is_in_both_once() {
    on_both(|sc| {
        let (left, right) = (sc.parallelize([1, 2, 2, 3, 5], 3), sc.parallelize([2, 2, 5, 7], 2));
        assert_eq!(sorted(left.intersection(&right, 0).collect().unwrap()), [2, 5]);
        assert_eq!(left.intersection(&right, 9).num_partitions(), 9);
        assert_eq!(left.intersection(&sc.parallelize([8], 1), 0).count().unwrap(), 0);
        assert_eq!(sorted(left.intersection(&left, 0).collect().unwrap()), [1, 2, 3, 5]);
    });
}

#[test]
fn subtract_keeps_duplicates_of_the_rest() {
    on_both(|sc| {
        let (left, right) = (sc.parallelize([1, 1, 2, 3, 3, 3], 3), sc.parallelize([2, 4], 2));
        assert_eq!(sorted(left.subtract(&right, 0).collect().unwrap()), [1, 1, 3, 3, 3]);
        assert_eq!(left.subtract(&left, 2).count().unwrap(), 0);
        assert_eq!(left.subtract(&right, 5).num_partitions(), 5);
    });
}
