//! Sorting over all partitions, and the greatest and least records.

use std::cmp::Reverse;

use hearth::ListenerEvent;
use hearth::prelude::*;

use crate::support::{Events, Random, local, on_both, sorted};

#[test]
fn sort_by_key_sorts_over_partitions() {
    on_both(|sc| {
        let pairs = sc.range(0, 2_000, 1, 6).map(|n| (n * 7_919 % 2_000, n));
        for partitions in [0, 1, 3, 10] {
            let up = pairs.sort_by_key(true, partitions).unwrap();
            assert_eq!(up.keys().collect().unwrap(), (0..2_000).collect::<Vec<_>>());
            let down = pairs.sort_by_key(false, partitions).unwrap();
            assert_eq!(down.keys().collect().unwrap(), (0..2_000).rev().collect::<Vec<_>>());
        }
    });
}

#[test]
fn sort_by_key_cuts_partitions_of_about_equal_size() {
    let sc = local();
    let pairs = sc.range(0, 20_000, 1, 4).map(|n| (n * 7_919 % 20_000, ()));
    let sizes = pairs.sort_by_key(true, 5).unwrap().map_partitions(|part| [part.count()]).collect().unwrap();
    assert_eq!(sizes.len(), 5);
    assert!(sizes.iter().all(|size| (2_000..7_000).contains(size)), "{sizes:?}");
}

#[test]
fn sort_by_sorts_by_what_a_function_finds() {
    on_both(|sc| {
        let words = ["pear", "fig", "apple", "kiwi", "fig"].map(str::to_owned);
        let rdd = sc.parallelize(words, 3);
        assert_eq!(
            rdd.sort_by(|word| word.clone(), true, 2).unwrap().collect().unwrap(),
            ["apple", "fig", "fig", "kiwi", "pear"]
        );
        let by_length = rdd.sort_by(|word| (Reverse(word.len()), word.clone()), true, 0).unwrap();
        assert_eq!(by_length.collect().unwrap(), ["apple", "kiwi", "pear", "fig", "fig"]);
        assert_eq!(by_length.num_partitions(), 3);
    });
}

#[test]
fn sorting_few_or_equal_keys_works() {
    on_both(|sc| {
        let same = sc.parallelize(vec![(7, 'x'); 500], 4).sort_by_key(true, 4).unwrap();
        assert_eq!(same.collect().unwrap(), vec![(7, 'x'); 500]);
        assert_eq!(sc.parallelize([2, 1], 2).sort_by(|n| *n, true, 10).unwrap().collect().unwrap(), [1, 2]);
        assert_eq!(sc.parallelize(vec![(); 9], 3).sort_by(|()| (), false, 2).unwrap().count().unwrap(), 9);
        let two = sc.range(0, 1_000, 1, 5).map(|n| (n % 2 == 0, n)).sort_by_key(false, 4).unwrap();
        assert!(two.keys().collect().unwrap().is_sorted_by(|a, b| a >= b));
    });
}

#[test]
fn sorting_skewed_partitions_and_keys_works() {
    on_both(|sc| {
        let mut random = Random(5);
        let skewed = random.skewed_pairs(5_000, 1_000);
        let rdd = sc.parallelize(skewed.clone(), 1).union(&sc.parallelize([(500, 1)], 3));
        let mut expected = skewed;
        expected.push((500, 1));
        let got = rdd.sort_by_key(true, 6).unwrap().collect().unwrap();
        assert!(got.is_sorted_by_key(|(key, _)| *key));
        assert_eq!(sorted(got), sorted(expected));
    });
}

/// Sorts into so many partitions; gives their sizes and how many jobs that took before the first action.
fn sizes_and_jobs(numbers: &Rdd<i64>, partitions: u32) -> (Vec<usize>, usize) {
    let events = Events::of(numbers.spark_context());
    let sorted = numbers.sort_by(|n| *n, true, partitions).unwrap();
    let sizes = sorted.map_partitions(|part| [part.count()]).collect().unwrap();
    let is_action = |event: &ListenerEvent| match event {
        ListenerEvent::JobStart { stages, .. } => stages.iter().any(|stage| stage.name.contains("collect")),
        _ => false,
    };
    let heard = events.until(is_action);
    let jobs = heard.iter().filter(|event| matches!(event, ListenerEvent::JobStart { .. })).count();
    (sizes, jobs - 1)
}

#[test]
fn partitions_are_even_after_a_sort_of_one_large_and_many_small_ones() {
    let sc = local();
    let large = sc.range(0, 100_000, 1, 1).map(|n| n * 7_919 % 100_000);
    let small = sc.range(0, 99, 1, 99).map(|n| n * 1_000);
    let (sizes, jobs) = sizes_and_jobs(&large.union(&small), 50);
    assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (50, 100_099));
    assert!(sizes.iter().all(|size| (700..5_000).contains(size)), "{sizes:?}");
    assert_eq!(jobs, 2, "the large one is sampled again");
}

#[test]
fn a_sort_of_partitions_of_about_one_size_samples_once() {
    let sc = local();
    let numbers = sc.range(0, 20_000, 1, 4).map(|n| n * 7_919 % 20_000);
    let (sizes, jobs) = sizes_and_jobs(&numbers.union(&numbers.filter(|n| n % 2 == 0)), 10);
    assert_eq!((sizes.iter().sum::<usize>(), jobs), (30_000, 1));
}

#[test]
fn top_and_take_ordered_find_the_ends() {
    on_both(|sc| {
        let rdd = sc.range(0, 1_000, 1, 7).map(|n| n * 7_919 % 1_000);
        assert_eq!(rdd.top(3).unwrap(), [999, 998, 997]);
        assert_eq!(rdd.take_ordered(3).unwrap(), [0, 1, 2]);
        assert_eq!(rdd.top_by(2, |n| n % 10).unwrap().iter().map(|n| n % 10).collect::<Vec<_>>(), [9, 9]);
        assert_eq!(rdd.take_ordered_by(2, |n| (n % 100, *n)).unwrap(), [0, 100]);
        assert!(rdd.top(0).unwrap().is_empty() && rdd.take_ordered(0).unwrap().is_empty());
        assert_eq!(rdd.take_ordered(5_000).unwrap().len(), 1_000);
        assert_eq!(sc.parallelize([1, 1, 1], 2).top(2).unwrap(), [1, 1], "duplicates count");
    });
}

#[test]
fn max_and_min_compare_records() {
    on_both(|sc| {
        let words = sc.parallelize(["b", "c", "a"].map(str::to_owned), 5);
        assert_eq!((words.max().unwrap(), words.min().unwrap()), ("c".to_owned(), "a".to_owned()));
        assert_eq!(sc.parallelize([-2.5], 3).max().unwrap(), -2.5);
        let ends = sc.parallelize([f64::INFINITY, 0.0, f64::NEG_INFINITY], 2);
        assert_eq!((ends.max().unwrap(), ends.min().unwrap()), (f64::INFINITY, f64::NEG_INFINITY));
    });
}
