//! Actions over all records.

use std::collections::BTreeSet;

use crate::support::{local, message, on_both, sorted, with_conf};

#[test]
fn collect_keeps_the_order_of_partitions() {
    on_both(|sc| {
        let rdd = sc.range(0, 1_000, 1, 13);
        assert_eq!(rdd.collect().unwrap(), (0..1_000).collect::<Vec<_>>());
        assert_eq!(rdd.collect().unwrap(), (0..1_000).collect::<Vec<_>>(), "twice the same");
    });
}

#[test]
fn count_and_is_empty_look_at_all_that_is_needed() {
    on_both(|sc| {
        assert_eq!(sc.range(0, 12_345, 1, 6).count().unwrap(), 12_345);
        assert!(!sc.range(0, 1, 1, 50).is_empty().unwrap(), "the record is in the last partition");
        assert!(sc.range(0, 10, 1, 5).filter(|n| *n > 10).is_empty().unwrap());
    });
}

#[test]
fn count_by_value_counts_equal_records() {
    on_both(|sc| {
        let counts = sc.parallelize(["a", "b", "a"].map(str::to_owned), 3).count_by_value().unwrap();
        assert_eq!((counts.len(), counts["a"], counts["b"]), (2, 2, 1));
    });
}

#[test]
fn reduce_passes_over_empty_partitions() {
    on_both(|sc| {
        assert_eq!(sc.parallelize([1, 2, 3], 10).reduce(|a, b| a + b).unwrap(), 6);
        assert_eq!(sc.parallelize([5], 1).reduce(|_, _| 0).unwrap(), 5);
        let words = ["a", "b", "c", "d"].map(str::to_owned);
        assert_eq!(
            sc.parallelize(words, 4).reduce(|a, b| a + &b).unwrap(),
            "abcd",
            "in the order of partitions"
        );
    });
}

#[test]
fn reduce_of_nothing_is_an_error() {
    let sc = local();
    let none = sc.range(0, 0, 1, 3);
    assert!(matches!(none.reduce(|a, _| a), Err(hearth::Error::EmptyCollection)));
    assert!(matches!(none.tree_reduce(|a, _| a, 2), Err(hearth::Error::EmptyCollection)));
    assert!(matches!(none.first(), Err(hearth::Error::EmptyCollection)));
    assert!(matches!(none.max(), Err(hearth::Error::EmptyCollection)));
    assert!(matches!(none.min(), Err(hearth::Error::EmptyCollection)));
}

#[test]
fn fold_takes_the_zero_once_per_partition_and_once_more() {
    on_both(|sc| {
        assert_eq!(sc.range(0, 10, 1, 4).fold(100, |a, b| a + b).unwrap(), 45 + 500);
        assert_eq!(sc.range(0, 0, 1, 4).fold(100, |a, b| a + b).unwrap(), 500);
    });
}

#[test]
fn aggregate_folds_into_another_type() {
    on_both(|sc| {
        let rdd = sc.range(0, 100, 1, 7);
        let add = |mut set: BTreeSet<i64>, n: i64| {
            set.insert(n % 9);
            set
        };
        let seen = rdd.aggregate(BTreeSet::new(), add, |mut a, b| {
            a.extend(b);
            a
        });
        assert_eq!(seen.unwrap(), (0..9).collect());
        assert_eq!(
            rdd.aggregate((0, 0), |(s, c), n| (s + n, c + 1), |a, b| (a.0 + b.0, a.1 + b.1)).unwrap(),
            (4_950, 100)
        );
    });
}

#[test]
fn tree_reduce_and_tree_aggregate_agree_with_the_plain_ones_at_any_depth() {
    on_both(|sc| {
        let rdd = sc.range(1, 1_001, 1, 40);
        for depth in 1..5 {
            assert_eq!(rdd.tree_reduce(|a, b| a + b, depth).unwrap(), 500_500);
            assert_eq!(rdd.tree_aggregate(0, |sum, n| sum + n, |a, b| a + b, depth).unwrap(), 500_500);
        }
        let sparse = sc.range(0, 3, 1, 50);
        assert_eq!(sparse.tree_reduce(|a, b| a + b, 2).unwrap(), 3);
        assert_eq!(sparse.tree_aggregate(0, |sum, n| sum + n, |a, b| a + b, 3).unwrap(), 3);
    });
}

#[test]
fn a_zero_that_is_not_neutral_goes_into_a_tree_as_often_as_in_spark() {
    on_both(|sc| {
        // (partitions, depth, zeros): of the partitions, of each record of a round, of what the last round left, of the driver.
        for (partitions, depth, zeros) in [(4, 1, 4 + 4 + 1), (4, 2, 4 + 4 + 1), (16, 3, 16 + 16 + 5 + 1)] {
            let rdd = sc.parallelize(0..10, partitions);
            let sum = rdd.tree_aggregate(100, |sum, n| sum + n, |a, b| a + b, depth).unwrap();
            assert_eq!(sum, 45 + 100 * zeros, "{partitions} partitions, depth {depth}");
        }
    });
}

#[test]
fn a_tree_of_depth_zero_is_refused() {
    let rdd = local().range(0, 10, 1, 2);
    let errors = [
        rdd.tree_reduce(|a, b| a + b, 0).unwrap_err(),
        rdd.tree_aggregate(0, |a, b| a + b, |a, b| a + b, 0).unwrap_err(),
    ];
    for error in errors {
        assert!(message(&error).contains("Depth must be greater than or equal to 1 but got 0."));
    }
}

#[test]
fn foreach_runs_on_each_record_once() {
    on_both(|sc| {
        let (sum, partitions) = (sc.long_accumulator("sum"), sc.long_accumulator("partitions"));
        let rdd = sc.range(0, 100, 1, 6);
        rdd.foreach_with(sum.clone(), |sum, n| sum.add(n)).unwrap();
        rdd.foreach_partition_with(partitions.clone(), |partitions, records| {
            partitions.add(1);
            assert!(records.count() > 0);
        })
        .unwrap();
        assert_eq!((sum.value(), partitions.value()), (4_950, 6));
    });
}

#[test]
fn foreach_without_a_state_runs_where_its_effects_are_seen() {
    use std::sync::atomic::{AtomicI64, Ordering};
    static SUM: AtomicI64 = AtomicI64::new(0);
    let sc = local();
    sc.range(0, 100, 1, 6)
        .foreach(|n| {
            SUM.fetch_add(n, Ordering::Relaxed);
        })
        .unwrap();
    sc.range(0, 100, 1, 6)
        .foreach_partition(|records| {
            SUM.fetch_add(records.count() as i64, Ordering::Relaxed);
        })
        .unwrap();
    assert_eq!(SUM.load(Ordering::Relaxed), 4_950 + 100);
}

#[test]
fn run_job_gives_results_in_the_order_that_was_asked_for() {
    on_both(|sc| {
        let rdd = sc.range(0, 100, 1, 10);
        let sums = sc
            .run_job(&rdd, vec![9, 0, 5], 1_000, |more, split, records| (split, records.sum::<i64>() + more));
        assert_eq!(sums.unwrap(), [(9, 1_945), (0, 1_045), (5, 1_545)]);
        assert!(sc.run_job(&rdd, vec![], (), |(), _, records| records.count()).unwrap().is_empty());
    });
}

#[test]
fn run_job_refuses_a_partition_that_is_not_there() {
    let sc = local();
    let rdd = sc.range(0, 100, 1, 3);
    sc.run_job(&rdd, vec![3], (), |(), _, records| records.count()).unwrap_err();
    assert_eq!(rdd.count().unwrap(), 100, "and the application goes on");
}

#[test]
fn a_result_that_is_too_large_aborts_its_job_only() {
    let sc = with_conf("local-cluster[1,1,512]", &[("spark.driver.maxResultSize", "1m")]);
    let error = message(&sc.range(0, 4, 1, 4).map(|n| vec![n as u8; 600_000]).collect().unwrap_err());
    assert!(error.contains("bigger than spark.driver.maxResultSize"), "{error}");
    assert_eq!(sc.range(0, 4, 1, 4).collect().unwrap(), [0, 1, 2, 3]);
}

#[test]
fn results_beyond_the_direct_size_come_all_the_same() {
    let sc = with_conf("local-cluster[2,1,512]", &[("spark.task.maxDirectResultSize", "10k")]);
    let large = sc.range(0, 4, 1, 4).map(|n| vec![n as u8; 300_000]).collect().unwrap();
    assert!(large.iter().enumerate().all(|(at, part)| *part == vec![at as u8; 300_000]));
}

#[test]
fn actions_may_run_from_several_threads_at_a_time() {
    on_both(|sc| {
        let shared = sc.range(0, 1_000, 1, 4).map(|n| (n % 10, n)).reduce_by_key(|a, b| a + b, 3);
        let expected = sorted(shared.collect().unwrap());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert_eq!(sorted(shared.collect().unwrap()), expected));
            }
        });
    });
}
