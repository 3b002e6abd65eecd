//! Pairs: values by key.

use std::collections::BTreeMap;

use hearth::prelude::*;

use crate::support::{local, on_both, sorted};

#[test]
fn keys_and_values_take_pairs_apart() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2);
        assert_eq!(pairs.keys().collect().unwrap(), ['a', 'b', 'a']);
        assert_eq!(pairs.values().collect().unwrap(), [1, 2, 3]);
    });
}

#[test]
fn map_values_leaves_the_keys() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 1), ('b', 2)], 1);
        assert_eq!(
            pairs.map_values(|n| n.to_string()).collect().unwrap(),
            [('a', "1".to_owned()), ('b', "2".to_owned())]
        );
        assert_eq!(pairs.map_values_with(5, |more, n| n + more).collect().unwrap(), [('a', 6), ('b', 7)]);
        assert_eq!(pairs.flat_map_values(|n| 0..n).collect().unwrap(), [('a', 0), ('b', 0), ('b', 1)]);
        assert_eq!(pairs.flat_map_values(|_| None::<u8>).count().unwrap(), 0);
    });
}

#[test]
fn group_by_key_brings_all_values_together() {
    on_both(|sc| {
        let pairs = sc.range(0, 1_000, 1, 5).map(|n| (n % 4, n));
        let groups = sorted(pairs.group_by_key(3).map_values(sorted).collect().unwrap());
        let expected: Vec<(i64, Vec<i64>)> =
            (0..4).map(|key| (key, (key..1_000).step_by(4).collect())).collect();
        assert_eq!(groups, expected);
        assert_eq!(pairs.group_by_key(0).num_partitions(), 5);
        assert_eq!(pairs.group_by_key(11).num_partitions(), 11);
    });
}

#[test]
fn reduce_by_key_makes_one_value_of_each_key() {
    on_both(|sc| {
        let pairs = sc.range(0, 1_000, 1, 5).map(|n| (format!("key {}", n % 10), 1u64));
        let counts = pairs.reduce_by_key(|a, b| a + b, 4).collect_as_map().unwrap();
        assert_eq!(counts.len(), 10);
        assert!(counts.values().all(|count| *count == 100));
        let alone = sc.parallelize([(1, 'x')], 3).reduce_by_key(|_, _| 'y', 0).collect().unwrap();
        assert_eq!(alone, [(1, 'x')], "the function does not see a value that is alone");
    });
}

#[test]
fn fold_by_key_starts_from_a_zero() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 2), ('b', 3), ('a', 5)], 3);
        assert_eq!(sorted(pairs.fold_by_key(0, |a, b| a + b, 2).collect().unwrap()), [('a', 7), ('b', 3)]);
        let one =
            sc.parallelize([('a', 2), ('a', 5)], 1).fold_by_key(100, |a, b| a + b, 1).collect().unwrap();
        assert_eq!(one, [('a', 107)], "once per partition that has the key");
    });
}

#[test]
fn aggregate_by_key_folds_into_another_type() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 1.5), ('b', 2.0), ('a', 2.5)], 2);
        let sums = pairs.aggregate_by_key(
            (0.0, 0),
            |(sum, count), value| (sum + value, count + 1),
            |left, right| (left.0 + right.0, left.1 + right.1),
            3,
        );
        let sums: BTreeMap<_, _> = sums.collect().unwrap().into_iter().collect();
        assert_eq!(sums, BTreeMap::from([('a', (4.0, 2)), ('b', (2.0, 1))]));
    });
}

#[test]
fn combine_by_key_creates_merges_and_merges_again() {
    on_both(|sc| {
        let pairs = sc.parallelize([(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd')], 2);
        let lists = pairs.combine_by_key(
            |letter| vec![letter],
            |mut list, letter| {
                list.push(letter);
                list
            },
            |mut left, right| {
                left.extend(right);
                left
            },
            2,
        );
        let lists = sorted(lists.map_values(sorted).collect().unwrap());
        assert_eq!(lists, [(1, vec!['a', 'b', 'c']), (2, vec!['d'])]);
    });
}

#[test]
fn a_key_with_nine_tenths_of_all_records_is_only_slow() {
    on_both(|sc| {
        let pairs = sc.range(0, 20_000, 1, 6).map(|n| (if n % 10 == 0 { n } else { -1 }, n));
        let groups = pairs.group_by_key(4).map_values(|all| all.len()).collect_as_map().unwrap();
        assert_eq!((groups.len(), groups[&-1]), (2_001, 18_000));
        let sums = pairs.reduce_by_key(|a, b| a + b, 4).collect_as_map().unwrap();
        assert_eq!(sums[&-1], (0..20_000).filter(|n| n % 10 != 0).sum::<i64>());
    });
}

#[test]
fn lookup_finds_all_values_of_a_key() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 3);
        assert_eq!(pairs.lookup('a').unwrap(), [1, 3]);
        assert!(pairs.lookup('z').unwrap().is_empty());
    });
}

#[test]
fn lookup_reads_one_partition_when_it_knows_which() {
    let sc = local();
    let read = sc.long_accumulator("partitions read");
    let pairs = sc.range(0, 100, 1, 4).map(|n| (n, n)).partition_by(HashPartitioner::new(10));
    let counted = pairs.map_values_with(read.clone(), |read, n| {
        read.add(1);
        n
    });
    assert_eq!(counted.lookup(42).unwrap(), [42]);
    assert!(read.value() < 50, "{} of 100 records were read", read.value());
}

#[test]
fn count_by_key_and_collect_as_map_end_on_the_driver() {
    on_both(|sc| {
        let pairs = sc.parallelize([('a', 1), ('b', 2), ('a', 3)], 2);
        let counts = pairs.count_by_key().unwrap();
        assert_eq!((counts.len(), counts[&'a'], counts[&'b']), (2, 2, 1));
        let map = pairs.collect_as_map().unwrap();
        assert_eq!((map.len(), map[&'a'], map[&'b']), (2, 3, 2), "the last value of a key stays");
    });
}

#[test]
fn keys_of_many_types_are_keys() {
    on_both(|sc| {
        let keys = [
            (None, "".to_owned(), vec![]),
            (Some(-1i8), "é".to_owned(), vec![1u8]),
            (Some(-1), "é".to_owned(), vec![1]),
            (Some(1), "é".to_owned(), vec![1]),
        ];
        let counts = sc.parallelize(keys.clone(), 4).map(|key| (key, 1)).reduce_by_key(|a, b| a + b, 3);
        let counts = counts.collect_as_map().unwrap();
        assert_eq!((counts.len(), counts[&keys[1]], counts[&keys[3]]), (3, 2, 1));
    });
}

#[test]
fn repartition_and_sort_within_partitions_sorts_each() {
    on_both(|sc| {
        let pairs = sc.range(0, 500, 1, 4).map(|n| (n * 7_919 % 500, n));
        let rdd = pairs.repartition_and_sort_within_partitions(HashPartitioner::new(3));
        let parts = rdd.keys().glom().collect().unwrap();
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|keys| keys.is_sorted()));
        assert_eq!(sorted(parts.concat()), (0..500).collect::<Vec<_>>());
        let all =
            pairs.repartition_and_sort_within_partitions(RangePartitioner::from_bounds(vec![99, 299], true));
        assert_eq!(all.keys().collect().unwrap(), (0..500).collect::<Vec<_>>());
    });
}
