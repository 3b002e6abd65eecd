//! Where records come from: collections, ranges, nothing, other RDDs.

use std::sync::atomic::{AtomicU32, Ordering};

use hearth::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use crate::support::{cluster, local, message, on_both, scratch, with_conf};

#[test]
fn parallelize_cuts_where_spark_cuts() {
    on_both(|sc| {
        let parts = sc.parallelize(0..10, 3).glom().collect().unwrap();
        assert_eq!(parts, [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8, 9]]);
        assert_eq!(sc.parallelize(["only".to_owned()], 1).glom().collect().unwrap(), [["only"]]);
    });
}

#[test]
fn more_partitions_than_records_leaves_some_empty() {
    on_both(|sc| {
        let rdd = sc.parallelize([1, 2], 5);
        assert_eq!(rdd.num_partitions(), 5);
        let parts = rdd.glom().collect().unwrap();
        assert_eq!(parts, [vec![], vec![], vec![1], vec![], vec![2]]);
    });
}

#[test]
fn parallelize_of_nothing_has_partitions_and_no_records() {
    let sc = local();
    let rdd = sc.parallelize(Vec::<String>::new(), 3);
    assert_eq!((rdd.num_partitions(), rdd.count().unwrap()), (3, 0));
    assert_eq!(rdd.glom().collect().unwrap(), vec![Vec::<String>::new(); 3]);
}

#[test]
fn zero_partitions_mean_default_parallelism() {
    let sc = with_conf("local[3]", &[]);
    assert_eq!(sc.default_parallelism(), 3);
    assert_eq!(sc.parallelize(0..9, 0).num_partitions(), 3);
    assert_eq!(sc.range(0, 9, 1, 0).num_partitions(), 3);
    let sc = with_conf("local[3]", &[("spark.default.parallelism", "7")]);
    assert_eq!(sc.default_parallelism(), 7);
    assert_eq!(sc.parallelize(0..9, 0).num_partitions(), 7);
}

#[test]
fn default_parallelism_counts_all_slots_and_at_least_two_on_processes() {
    assert_eq!(cluster().default_parallelism(), 2);
    assert_eq!(with_conf("local-cluster[1,1,256]", &[]).default_parallelism(), 2);
    assert_eq!(with_conf("local-cluster[2,2,256]", &[]).default_parallelism(), 4);
}

#[test]
fn default_min_partitions_is_two_at_most() {
    let (sc, one) = (with_conf("local[4]", &[]), with_conf("local", &[]));
    assert_eq!((sc.default_min_partitions(), one.default_min_partitions()), (2, 1));
}

#[test]
fn unit_records_are_records() {
    on_both(|sc| {
        let rdd = sc.parallelize(vec![(); 100], 3);
        assert_eq!(rdd.count().unwrap(), 100);
        assert_eq!(rdd.collect().unwrap().len(), 100);
        assert_eq!(rdd.distinct(2).count().unwrap(), 1);
        assert_eq!(
            rdd.map(|()| ((), ())).group_by_key(3).map(|((), all)| all.len()).collect().unwrap(),
            [100]
        );
    });
}

#[test]
fn large_records_travel_whole() {
    on_both(|sc| {
        let records = vec!["x".repeat(3 << 20), String::new(), "y".repeat(2 << 20)];
        let rdd = sc.parallelize(records.clone(), 2);
        assert_eq!(rdd.collect().unwrap(), records);
        assert_eq!(rdd.map(|text| (text.len(), text)).group_by_key(2).count().unwrap(), 3);
    });
}

/// Does not serialise when odd.
#[derive(Clone, Deserialize)]
struct Picky(u32);

impl Serialize for Picky {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 2 == 1 {
            return Err(serde::ser::Error::custom(format!("{} is odd", self.0)));
        }
        serializer.serialize_u32(self.0)
    }
}

#[test]
fn a_record_that_does_not_serialise_is_named_by_the_first_action() {
    let sc = local();
    assert_eq!(sc.parallelize([Picky(2), Picky(4)], 2).count().unwrap(), 2);
    let error = message(&sc.parallelize([Picky(2), Picky(3)], 2).count().unwrap_err());
    assert!(error.contains("a record of parallelize does not serialise"), "{error}");
}

#[test]
fn range_counts_up_and_down_in_steps() {
    on_both(|sc| {
        assert_eq!(sc.range(0, 10, 3, 2).collect().unwrap(), [0, 3, 6, 9]);
        assert_eq!(sc.range(3, -4, -2, 3).collect().unwrap(), [3, 1, -1, -3]);
        assert_eq!(sc.range(5, 5, 1, 2).count().unwrap(), 0);
        assert_eq!(sc.range(5, 0, 1, 2).count().unwrap(), 0);
        assert_eq!(sc.range(0, 3, 1, 7).collect().unwrap(), [0, 1, 2]);
    });
}

#[test]
fn range_refuses_a_step_of_zero_at_the_first_action() {
    let sc = local();
    let error = message(&sc.range(1, 4, 0, 2).collect().unwrap_err());
    assert!(error.contains("step cannot be 0"), "{error}");
}

#[test]
fn range_reaches_both_ends_of_its_type() {
    let sc = local();
    let step = i64::MAX / 2;
    let expected: Vec<i64> = [0i64, 1, 2, 3, 4].map(|n| i64::MIN.wrapping_add(n.wrapping_mul(step))).to_vec();
    assert_eq!(sc.range(i64::MIN, i64::MAX, step, 3).collect().unwrap(), expected);
    assert_eq!(sc.range(i64::MAX - 2, i64::MAX, 1, 2).collect().unwrap(), [i64::MAX - 2, i64::MAX - 1]);
}

#[test]
fn empty_rdd_has_no_partitions_and_takes_part_in_everything() {
    on_both(|sc| {
        let none = sc.empty_rdd::<(i32, String)>();
        assert_eq!((none.num_partitions(), none.count().unwrap()), (0, 0));
        assert!(none.is_empty().unwrap());
        assert!(none.collect().unwrap().is_empty());
        assert!(none.take(3).unwrap().is_empty());
        assert!(none.take_sample(hearth::Replacement::With, 3, 1).unwrap().is_empty());
        assert!(none.top(1).unwrap().is_empty() && none.take_ordered(1).unwrap().is_empty());
        assert_eq!(none.to_local_iterator().count(), 0);
        for error in [none.first().unwrap_err(), none.reduce(|a, _| a).unwrap_err(), none.max().unwrap_err()]
        {
            assert_eq!(error.to_string(), "empty collection");
        }
        assert_eq!(none.fold((7, String::new()), |a, _| a).unwrap().0, 7);
        assert!(none.count_by_value().unwrap().is_empty());
        assert!(none.lookup(1).unwrap().is_empty());
        assert!(none.zip_with_index().unwrap().collect().unwrap().is_empty());
        assert!(none.sort_by_key(true, 0).unwrap().collect().unwrap().is_empty());
        assert!(none.sort_by_key(true, 4).unwrap().collect().unwrap().is_empty());
        assert!(none.distinct(0).collect().unwrap().is_empty());
        assert!(none.group_by_key(0).collect().unwrap().is_empty());
        assert!(none.reduce_by_key(|a, _| a, 3).collect().unwrap().is_empty());
        assert!(none.repartition(3).collect().unwrap().is_empty());
        assert!(none.coalesce(3).collect().unwrap().is_empty());
        assert!(none.cartesian(&none).collect().unwrap().is_empty());
        assert!(none.zip(&none).collect().unwrap().is_empty());
        let some = sc.parallelize([(1, "a".to_owned())], 2);
        assert_eq!(none.union(&some).collect().unwrap(), some.collect().unwrap());
        assert!(some.join(&none, 0).collect().unwrap().is_empty());
        assert_eq!(some.subtract_by_key(&none, 0).count().unwrap(), 1);
        none.foreach(|_| {}).unwrap();
        none.foreach_partition(|_| {}).unwrap();
    });
}

#[test]
fn numbers_of_an_empty_rdd_are_those_of_spark() {
    let sc = local();
    for none in [sc.empty_rdd::<f64>(), sc.parallelize(Vec::<f64>::new(), 2)] {
        assert_eq!(none.sum().unwrap().to_bits(), 0f64.to_bits(), "0, not -0");
        assert_eq!(none.mean().unwrap(), 0.0);
        let stats = none.stats().unwrap();
        assert_eq!((stats.count(), stats.min(), stats.max()), (0, f64::INFINITY, f64::NEG_INFINITY));
        assert!(stats.variance().is_nan());
        none.histogram(2).unwrap_err();
        assert_eq!(none.histogram_of(&[0.0, 1.0]).unwrap().counts, [0]);
    }
}

#[test]
fn union_of_a_context_joins_many() {
    on_both(|sc| {
        let rdds =
            [sc.parallelize(0..3, 2), sc.empty_rdd(), sc.parallelize(3..4, 1), sc.parallelize(1..2, 3)];
        let all = sc.union(&rdds);
        assert_eq!(all.num_partitions(), 6);
        assert_eq!(all.collect().unwrap(), [0, 1, 2, 3, 1]);
        assert_eq!(sc.union::<u8>(&[]).collect().unwrap(), [0u8; 0]);
    });
}

#[test]
fn many_partitions_are_only_many_tasks() {
    let sc = local();
    let rdd = sc.range(0, 10, 1, 20_000);
    assert_eq!(rdd.map(|n| n + 1).reduce(|a, b| a.max(b)).unwrap(), 10);
    assert_eq!(rdd.coalesce(3).map(|n| (n % 2, 1)).reduce_by_key(|a, b| a + b, 5_000).count().unwrap(), 2);
}

#[test]
fn a_task_that_was_told_to_stop_gets_no_further_record_from_any_source() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let sc = with_conf("local[1]", &[]);
    let (_keep, dir) = scratch("files");
    let numbers = sc.range(0, 8, 1, 2);
    numbers.save_as_text_file(&format!("{dir}/text")).unwrap();
    numbers.save_as_object_file(&format!("{dir}/objects")).unwrap();
    let kept = |level| numbers.map(|n| n).persist(level).unwrap();
    let kept = [StorageLevel::MEMORY_ONLY, StorageLevel::MEMORY_ONLY_SER, StorageLevel::DISK_ONLY].map(kept);
    kept.iter().for_each(|kept| assert_eq!(kept.count().unwrap(), 8));
    let [values, serialised, on_disk] = kept;
    let sources = [
        ("range", numbers.clone()),
        ("collection", sc.parallelize(0i64..8, 2)),
        ("lines", sc.text_file(&format!("{dir}/text"), 0).unwrap().map(|line| line.len() as i64)),
        ("files", sc.whole_text_files(&format!("{dir}/text"), 1).unwrap().map(|(_, text)| text.len() as i64)),
        ("objects", sc.object_file(&format!("{dir}/objects")).unwrap()),
        ("shuffle", numbers.map(|n| (n, n)).partition_by(HashPartitioner::new(1)).values()),
        ("combined", numbers.map(|n| (n, n)).reduce_by_key(|a, b| a + b, 1).values()),
        ("sorted", numbers.sort_by(|n| *n, false, 1).unwrap()),
        ("about to be kept", numbers.map(|n| n).cache().unwrap()),
        ("kept values", values),
        ("kept bytes", serialised),
        ("kept on disk", on_disk),
    ];
    for (name, source) in sources {
        SEEN.store(0, Ordering::SeqCst);
        let waiting = source.map(|n| {
            SEEN.fetch_add(1, Ordering::SeqCst);
            while !TaskContext::get().unwrap().is_interrupted() {
                std::thread::yield_now();
            }
            n
        });
        std::thread::scope(|scope| {
            let running = scope.spawn(|| waiting.count());
            while SEEN.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            sc.cancel_all_jobs();
            running.join().unwrap().unwrap_err();
        });
        assert_eq!(sc.range(0, 1, 1, 1).count().unwrap(), 1, "the one slot is free again");
        assert_eq!(SEEN.load(Ordering::SeqCst), 1, "{name}");
    }
}
