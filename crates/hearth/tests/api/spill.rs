//! Shuffles of more than fits into memory.

use hearth::prelude::*;
use hearth::{ListenerEvent, Rdd};

use crate::support::{Events, with_conf};

/// Ten megabytes for two tasks.
fn small() -> SparkContext {
    with_conf("local[2]", &[("spark.driver.memory", "20m"), ("spark.hearth.memory.reserved", "4m")])
}

/// About forty megabytes: 100,000 keys, each twice, with texts that belong to them.
fn large(sc: &SparkContext) -> Rdd<(u64, String)> {
    sc.range(0, 200_000, 1, 4).map(|n| {
        let key = (n as u64 * 7_919) % 100_000;
        (key, format!("{key:0200}"))
    })
}

/// Runs an action and returns how many bytes its tasks wrote to disk for want of memory.
fn spilled(sc: &SparkContext, action: impl Fn()) -> u64 {
    let events = Events::of(sc);
    action();
    let ended = events.until(|event| matches!(event, ListenerEvent::JobEnd { .. }));
    let bytes = |event: &ListenerEvent| match event {
        ListenerEvent::TaskEnd { metrics, .. } => metrics.disk_bytes_spilled,
        _ => 0,
    };
    ended.iter().map(bytes).sum()
}

#[test]
fn group_by_key_of_more_than_fits_spills_and_loses_nothing() {
    let sc = small();
    let groups = large(&sc).group_by_key(2).map(|(key, texts)| {
        let right = texts.iter().all(|text| text.parse() == Ok(key));
        (texts.len(), right)
    });
    let bytes = spilled(&sc, || {
        let counts = groups.count_by_value().unwrap();
        assert_eq!((counts.len(), counts[&(2, true)]), (1, 100_000));
    });
    assert!(bytes > 0);
}

#[test]
fn a_sort_of_more_than_fits_spills_and_is_sorted() {
    let sc = small();
    let sorted =
        large(&sc).repartition_and_sort_within_partitions(RangePartitioner::from_bounds(vec![49_999], true));
    let bytes = spilled(&sc, || {
        let keys = sorted.keys().collect().unwrap();
        assert!(keys.into_iter().eq((0..100_000).flat_map(|key| [key, key])));
    });
    assert!(bytes > 0);
}

#[test]
fn a_reduction_of_many_keys_spills_and_agrees() {
    let sc = small();
    let longest = large(&sc).reduce_by_key(|a, b| a.max(b), 2);
    let bytes = spilled(&sc, || {
        assert_eq!(longest.filter(|(key, text)| text.parse() == Ok(*key)).count().unwrap(), 100_000);
    });
    assert!(bytes > 0);
}

#[test]
fn a_repartition_of_more_than_fits_spills_and_agrees() {
    let sc = small();
    let shuffled = large(&sc).partition_by(HashPartitioner::new(2));
    assert_eq!(shuffled.count().unwrap(), 200_000);
    // What a source gives is dealt as it comes, and only the map outputs spill.
    let unsorted = spilled(&sc, || assert_eq!(large(&sc).repartition(3).count().unwrap(), 200_000));
    let right = shuffled.repartition(3).map(|(key, text)| (key, text.parse() == Ok(key)));
    let bytes = spilled(&sc, || {
        let found = right.collect().unwrap();
        assert!(found.iter().all(|(_, is_right)| *is_right));
        let mut keys: Vec<u64> = found.into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        assert!(keys.into_iter().eq((0..100_000).flat_map(|key| [key, key])));
    });
    assert!(bytes > unsorted, "{bytes} beside {unsorted} without a sort");
}
