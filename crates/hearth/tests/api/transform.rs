//! Record by record, partition by partition, side by side.

use hearth::prelude::*;

use crate::support::{local, message, on_both, sorted};

#[test]
fn map_filter_and_flat_map_chain_in_one_stage() {
    on_both(|sc| {
        let rdd = sc.range(0, 20, 1, 3).map(|n| n * 2).filter(|n| n % 3 == 0).flat_map(|n| [n, -n]);
        assert_eq!(rdd.collect().unwrap(), [0, 0, 6, -6, 12, -12, 18, -18, 24, -24, 30, -30, 36, -36]);
    });
}

#[test]
fn the_with_forms_carry_a_state() {
    on_both(|sc| {
        let rdd = sc.range(0, 5, 1, 2);
        let (factor, words) = (3i64, vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!(rdd.map_with(factor, |factor, n| n * factor).collect().unwrap(), [0, 3, 6, 9, 12]);
        assert_eq!(rdd.filter_with(factor, |least, n| n >= least).collect().unwrap(), [3, 4]);
        let doubled = sc.range(0, 1, 1, 1).flat_map_with(words, |words, _| words.clone());
        assert_eq!(doubled.collect().unwrap(), ["a", "b"]);
        let offset = rdd.map_partitions_with(10i64, |offset, records| records.map(move |n| n + *offset));
        assert_eq!(offset.collect().unwrap(), [10, 11, 12, 13, 14]);
    });
}

#[test]
fn flat_map_may_give_nothing_or_very_much() {
    let sc = local();
    assert_eq!(sc.range(0, 10, 1, 3).flat_map(|_| Vec::<i64>::new()).count().unwrap(), 0);
    // An iterator is not gathered first: this would not fit into memory.
    assert_eq!(sc.range(0, 2, 1, 2).flat_map(|_| 0..u64::MAX).take(3).unwrap(), [0, 1, 2]);
}

#[test]
fn map_partitions_sees_whole_partitions_also_empty_ones() {
    on_both(|sc| {
        let counts = sc.parallelize([1, 2], 4).map_partitions(|records| [records.count()]);
        assert_eq!(counts.collect().unwrap(), [0, 1, 0, 1]);
        let named = sc
            .range(0, 4, 1, 2)
            .map_partitions_with_index(|split, records| records.map(move |n| (split, n)).collect::<Vec<_>>());
        assert_eq!(named.collect().unwrap(), [(0, 0), (0, 1), (1, 2), (1, 3)]);
    });
}

#[test]
fn a_partition_that_is_not_read_to_its_end_is_fine() {
    let sc = local();
    let firsts = sc.range(0, 1_000_000, 1, 2).map_partitions(|mut records| records.next());
    assert_eq!(firsts.collect().unwrap(), [0, 500_000]);
}

#[test]
fn glom_gives_one_record_per_partition() {
    on_both(|sc| {
        assert_eq!(sc.range(0, 3, 1, 4).glom().collect().unwrap(), [vec![], vec![0], vec![1], vec![2]]);
    });
}

#[test]
fn key_by_and_group_by_find_keys_in_records() {
    on_both(|sc| {
        let words = ["apple", "avocado", "banana", "cherry", "blueberry"].map(str::to_owned);
        let rdd = sc.parallelize(words, 3);
        let keyed = rdd.key_by(|word| word.len()).collect().unwrap();
        assert_eq!(keyed[0], (5, "apple".to_owned()));
        let mut groups = rdd.group_by(|word| word.chars().next(), 2).collect().unwrap();
        groups.sort();
        groups.iter_mut().for_each(|(_, words)| words.sort());
        let lengths: Vec<_> = groups.iter().map(|(letter, words)| (letter.unwrap(), words.len())).collect();
        assert_eq!(lengths, [('a', 2), ('b', 2), ('c', 1)]);
        assert_eq!(rdd.group_by(|_| (), 0).num_partitions(), 3);
    });
}

#[test]
fn cartesian_pairs_everything() {
    on_both(|sc| {
        let (left, right) = (sc.parallelize(0..7, 3), sc.parallelize(["x", "y"].map(str::to_owned), 2));
        let rdd = left.cartesian(&right);
        assert_eq!(rdd.num_partitions(), 6);
        let expected: Vec<_> = (0..7).flat_map(|n| ["x", "y"].map(|word| (n, word.to_owned()))).collect();
        assert_eq!(sorted(rdd.collect().unwrap()), expected);
        assert_eq!(left.cartesian(&sc.empty_rdd::<u8>()).count().unwrap(), 0);
    });
}

#[test]
fn cartesian_of_shuffled_rdds_reads_each_shuffle_again() {
    on_both(|sc| {
        let left = sc.range(0, 50, 1, 3).map(|n| (n % 5, 1)).reduce_by_key(|a, b| a + b, 2);
        let pairs = left.cartesian(&left);
        assert_eq!(pairs.count().unwrap(), 25);
        assert!(pairs.collect().unwrap().iter().all(|((_, a), (_, b))| (*a, *b) == (10, 10)));
    });
}

#[test]
fn zip_goes_side_by_side() {
    on_both(|sc| {
        let letters = sc.parallelize('a'..='e', 2);
        let zipped = letters.zip(&letters.map(|letter| letter as u32));
        assert_eq!(zipped.collect().unwrap()[4], ('e', 101));
    });
}

#[test]
fn zip_of_different_shapes_says_so() {
    let sc = local();
    let error = message(&sc.range(0, 4, 1, 2).zip(&sc.range(0, 4, 1, 3)).collect().unwrap_err());
    assert!(error.contains("Can't zip RDDs with unequal numbers of partitions: List(2, 3)"), "{error}");
    for (left, right) in [(4, 5), (5, 4)] {
        let error = message(&sc.range(0, left, 1, 1).zip(&sc.range(0, right, 1, 1)).collect().unwrap_err());
        assert!(
            error.contains("Can only zip RDDs with same number of elements in each partition"),
            "{error}"
        );
    }
}

#[test]
fn zip_with_index_counts_over_partitions() {
    on_both(|sc| {
        let rdd = sc.parallelize(['a', 'b', 'c'], 5).zip_with_index().unwrap();
        assert_eq!(rdd.collect().unwrap(), [('a', 0), ('b', 1), ('c', 2)]);
        let long = sc.range(100, 1_100, 1, 7).zip_with_index().unwrap();
        assert!(long.collect().unwrap().iter().all(|(n, at)| *n == *at as i64 + 100));
    });
}

#[test]
fn sample_without_replacement_draws_a_part_of_the_records_once() {
    on_both(|sc| {
        let rdd = sc.range(0, 10_000, 1, 4);
        let drawn = rdd.sample(Replacement::Without, 0.3, 11).collect().unwrap();
        assert!((2_700..3_300).contains(&drawn.len()), "{}", drawn.len());
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]), "in order, none twice");
        assert_eq!(
            rdd.sample(Replacement::Without, 0.3, 11).collect().unwrap(),
            drawn,
            "same seed, same sample"
        );
        assert_ne!(rdd.sample(Replacement::Without, 0.3, 12).collect().unwrap(), drawn);
        assert_eq!(rdd.sample(Replacement::Without, 0.0, 1).count().unwrap(), 0);
        assert_eq!(rdd.sample(Replacement::Without, 1.0, 1).count().unwrap(), 10_000);
    });
}

#[test]
fn sample_with_replacement_draws_some_records_again() {
    let sc = local();
    let drawn = sc.range(0, 5_000, 1, 4).sample(Replacement::With, 2.0, 3).collect().unwrap();
    assert!((9_500..10_500).contains(&drawn.len()), "{}", drawn.len());
    assert!(drawn.windows(2).any(|pair| pair[0] == pair[1]));
    assert_eq!(sc.range(0, 100, 1, 2).sample(Replacement::With, 0.0, 3).count().unwrap(), 0);
}

#[test]
fn sample_of_a_wrong_fraction_says_what_is_allowed() {
    let sc = local();
    let rdd = sc.range(0, 10, 1, 2);
    let wrong = [
        (Replacement::Without, 1.5),
        (Replacement::Without, -0.1),
        (Replacement::With, -0.1),
        (Replacement::With, f64::NAN),
        (Replacement::With, f64::INFINITY),
    ];
    for (replacement, fraction) in wrong {
        let error = message(&rdd.sample(replacement, fraction, 1).count().unwrap_err());
        assert!(error.contains("Sampling fraction must be"), "{error}");
    }
}
