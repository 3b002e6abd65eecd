//! Keeping partitions.

use hearth::prelude::*;

use crate::support::{local, message, on_both, sorted, with_conf};

const LEVELS: [StorageLevel; 6] = [
    StorageLevel::MEMORY_ONLY,
    StorageLevel::MEMORY_ONLY_SER,
    StorageLevel::MEMORY_AND_DISK,
    StorageLevel::MEMORY_AND_DISK_SER,
    StorageLevel::DISK_ONLY,
    StorageLevel::NONE,
];

/// An RDD of 1000 records which counts how often a record was computed.
fn counting(sc: &SparkContext) -> (Rdd<(String, i64)>, Accumulator<hearth::LongAccumulator>) {
    let computed = sc.long_accumulator("computed");
    let rdd = sc.range(0, 1_000, 1, 4).map_with(computed.clone(), |computed, n| {
        computed.add(1);
        (format!("record {n}"), n)
    });
    (rdd, computed)
}

#[test]
fn persist_computes_each_record_once_at_every_level() {
    on_both(|sc| {
        for level in LEVELS {
            let (rdd, computed) = counting(sc);
            let kept = rdd.persist(level).unwrap();
            assert_eq!(kept.storage_level(), level);
            let first = kept.collect().unwrap();
            assert_eq!(kept.collect().unwrap(), first);
            assert_eq!(kept.map(|(_, n)| n).sum().unwrap(), 499_500.0);
            let times = if level == StorageLevel::NONE { 3 } else { 1 };
            assert_eq!(computed.value(), times * 1_000, "{level}");
        }
    });
}

#[test]
fn cache_is_memory_only() {
    let sc = local();
    let (rdd, computed) = counting(&sc);
    assert_eq!(rdd.storage_level(), StorageLevel::NONE);
    assert_eq!(rdd.cache().unwrap().storage_level(), StorageLevel::MEMORY_ONLY);
    assert_eq!(rdd.storage_level(), StorageLevel::MEMORY_ONLY, "it is the same RDD");
    assert_eq!((rdd.count().unwrap(), rdd.count().unwrap(), computed.value()), (1_000, 1_000, 1_000));
}

#[test]
fn only_partitions_that_were_read_whole_are_kept() {
    let sc = local();
    let (rdd, computed) = counting(&sc);
    let rdd = rdd.cache().unwrap();
    rdd.take(1).unwrap();
    let after_take = computed.value();
    assert!(after_take <= 250, "take reads one partition of four: {after_take}");
    rdd.count().unwrap();
    let after_count = computed.value();
    rdd.count().unwrap();
    assert_eq!(computed.value(), after_count);
}

#[test]
fn unpersist_forgets_and_allows_another_level() {
    on_both(|sc| {
        let (rdd, computed) = counting(sc);
        rdd.cache().unwrap().count().unwrap();
        let error = message(&rdd.persist(StorageLevel::DISK_ONLY).unwrap_err());
        assert!(
            error.contains("Cannot change storage level of an RDD after it was already assigned a level"),
            "{error}"
        );
        rdd.cache().unwrap();
        rdd.unpersist();
        assert_eq!(rdd.storage_level(), StorageLevel::NONE);
        rdd.count().unwrap();
        assert_eq!(computed.value(), 2_000);
        rdd.persist(StorageLevel::DISK_ONLY).unwrap();
        assert_eq!((rdd.count().unwrap(), rdd.count().unwrap()), (1_000, 1_000));
        // Unpersisting does not wait: what was not deleted yet may serve once more, as in Spark.
        assert!((2_000..=3_000).contains(&computed.value()), "{}", computed.value());
        rdd.unpersist();
        rdd.unpersist();
    });
}

#[test]
fn a_persisted_parent_serves_several_children() {
    on_both(|sc| {
        let (rdd, computed) = counting(sc);
        let rdd = rdd.cache().unwrap();
        let even = rdd.filter(|(_, n)| n % 2 == 0).count().unwrap();
        let by_key = rdd.map(|(_, n)| (n % 3, n)).reduce_by_key(|a, b| a + b, 2).count().unwrap();
        let joined = rdd.join(&rdd, 2).count().unwrap();
        assert_eq!((even, by_key, joined, computed.value()), (500, 3, 1_000, 1_000));
    });
}

#[test]
fn a_persisted_shuffle_result_is_kept_too() {
    on_both(|sc| {
        let (rdd, computed) = counting(sc);
        let groups = rdd.map(|(_, n)| (n % 7, n)).group_by_key(3).cache().unwrap();
        let first = sorted(groups.map_values(sorted).collect().unwrap());
        assert_eq!(sorted(groups.map_values(sorted).collect().unwrap()), first);
        assert_eq!(computed.value(), 1_000);
    });
}

#[test]
fn what_does_not_fit_is_computed_again_or_read_from_disk() {
    let sc = with_conf("local[2]", &[("spark.driver.memory", "48m"), ("spark.hearth.memory.reserved", "8m")]);
    for (level, fits) in [(StorageLevel::MEMORY_ONLY, false), (StorageLevel::MEMORY_AND_DISK_SER, true)] {
        let computed = sc.long_accumulator("partitions computed");
        let large = sc.range(0, 8, 1, 8).map_with(computed.clone(), |computed, n| {
            computed.add(1);
            (0..8_000_000u32).map(|at| (i64::from(at) * n) as u8).collect::<Vec<u8>>()
        });
        let large = large.persist(level).unwrap();
        for _ in 0..2 {
            assert_eq!(large.map(|bytes| bytes.len()).sum().unwrap(), 64e6);
        }
        if fits {
            assert_eq!(computed.value(), 8, "{level}");
        } else {
            assert!((9..=16).contains(&computed.value()), "{level}: {}", computed.value());
        }
        large.unpersist();
    }
}
