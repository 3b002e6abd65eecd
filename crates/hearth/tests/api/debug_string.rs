//! Lineages as text, as Spark prints them.

use hearth::ListenerEvent;
use hearth::prelude::*;

use crate::support::{Events, local, scratch};

/// The text without the lines of this file.
fn printed<T>(rdd: &Rdd<T>) -> String
where
    T: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static,
{
    let text = rdd.to_debug_string();
    let mut parts = text.split(" at debug_string.rs:");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    clean
}

#[test]
fn a_chain_of_narrow_operations_is_one_stage() {
    let sc = local();
    let rdd = sc.parallelize(0..9, 3).map(|n| n + 1).filter(|n| n % 2 == 0);
    let expected = "\
(3) MapPartitionsRDD[2] at filter []
 |  MapPartitionsRDD[1] at map []
 |  ParallelCollectionRDD[0] at parallelize []";
    assert_eq!(printed(&rdd), expected);
}

#[test]
fn a_shuffle_begins_a_new_stage() {
    let sc = local();
    let rdd = sc.parallelize(0..9, 3).map(|n| (n, 1)).reduce_by_key(|a, b| a + b, 2).map_values(|n| n);
    let expected = "\
(2) MapPartitionsRDD[3] at mapValues []
 |  ShuffledRDD[2] at reduceByKey []
 +-(3) MapPartitionsRDD[1] at map []
    |  ParallelCollectionRDD[0] at parallelize []";
    assert_eq!(printed(&rdd), expected);
}

#[test]
fn wide_partition_counts_move_the_bars() {
    let sc = local();
    let rdd = sc.parallelize(0..9, 1_000).map(|n| (n, 1)).group_by_key(12).map(|pair| pair);
    let expected = "\
(12) MapPartitionsRDD[3] at map []
 |   ShuffledRDD[2] at groupByKey []
 +-(1000) MapPartitionsRDD[1] at map []
     |    ParallelCollectionRDD[0] at parallelize []";
    assert_eq!(printed(&rdd), expected);
}

#[test]
fn two_shuffles_hang_below_each_other() {
    let sc = local();
    let rdd = sc
        .parallelize(0..9, 3)
        .map(|n| (n % 4, n))
        .group_by_key(2)
        .map(|(key, all)| (all.len(), key))
        .group_by_key(1);
    let expected = "\
(1) ShuffledRDD[4] at groupByKey []
 +-(2) MapPartitionsRDD[3] at map []
    |  ShuffledRDD[2] at groupByKey []
    +-(3) MapPartitionsRDD[1] at map []
       |  ParallelCollectionRDD[0] at parallelize []";
    assert_eq!(printed(&rdd), expected);
}

#[test]
fn sort_by_is_a_key_a_shuffle_and_the_values() {
    let sc = local();
    let rdd = sc.parallelize([3, 1, 2], 2).sort_by(|n| *n, true, 2).unwrap();
    let text = printed(&rdd);
    let expected = " MapPartitionsRDD[] at sortBy []
 |  ShuffledRDD[] at sortBy []
 +-(2) MapPartitionsRDD[] at sortBy []
    |  ParallelCollectionRDD[] at parallelize []";
    // Sampling takes numbers of RDDs in Spark, too, and the number of partitions follows from the sample.
    let digits = |text: &str| {
        text.lines().map(|line| line.replace(|c: char| c.is_ascii_digit(), "")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(digits(&text).trim_start_matches("()"), digits(expected));
}

#[test]
fn the_parents_of_a_union_are_one_below_the_other() {
    let sc = local();
    let rdd = sc.parallelize(0..2, 2).union(&sc.range(0, 3, 1, 3).map(|n| n as i32));
    let expected = "\
(5) UnionRDD[3] at union []
 |  ParallelCollectionRDD[0] at parallelize []
 |  MapPartitionsRDD[2] at map []
 |  ParallelCollectionRDD[1] at range []";
    assert_eq!(printed(&rdd), expected);
}

#[test]
fn the_sides_of_a_cogroup_are_branches() {
    let sc = local();
    let left = sc.parallelize([(1, 'a')], 2).map(|pair| pair);
    let right = sc.parallelize([(1, 'b')], 10).map(|pair| pair);
    let text = printed(&left.cogroup(&right, 3));
    let expected = " +-(2) MapPartitionsRDD[1] at map []
 |  |  ParallelCollectionRDD[0] at parallelize []
 +-(10) MapPartitionsRDD[3] at map []
    |   ParallelCollectionRDD[2] at parallelize []";
    let (head, branches) = text.split_at(text.find("\n +-").unwrap());
    assert_eq!(branches.trim_start_matches('\n'), expected);
    assert!(head.starts_with("(3) ") && head.trim_end().ends_with("CoGroupedRDD[4] at cogroup []"), "{head}");
}

#[test]
fn a_name_stands_before_the_class() {
    let sc = local();
    let rdd = sc.range(0, 3, 1, 2).set_name("numbers");
    assert_eq!(rdd.name().as_deref(), Some("numbers"));
    assert_eq!(printed(&rdd), "(2) numbers ParallelCollectionRDD[0] at range []");
    assert_eq!(rdd.map(|n| n).name(), None);
}

#[test]
fn a_storage_level_stands_in_the_brackets() {
    let sc = local();
    let rdd = sc.range(0, 3, 1, 2);
    for (level, words) in [
        (StorageLevel::MEMORY_ONLY, "Memory Deserialized 1x Replicated"),
        (StorageLevel::MEMORY_AND_DISK, "Disk Memory Deserialized 1x Replicated"),
        (StorageLevel::DISK_ONLY, "Disk Serialized 1x Replicated"),
    ] {
        let rdd = rdd.persist(level).unwrap();
        assert_eq!(printed(&rdd), format!("(2) ParallelCollectionRDD[0] at range [{words}]"));
        rdd.unpersist();
    }
}

#[test]
fn the_level_of_the_rdd_stands_in_every_line_as_in_spark() {
    let sc = local();
    let parent = sc.range(0, 3, 1, 2).persist(StorageLevel::DISK_ONLY).unwrap();
    assert_eq!(
        printed(&parent.map(|n| n)),
        "(2) MapPartitionsRDD[1] at map []\n |  ParallelCollectionRDD[0] at range []"
    );
    let child = parent.map(|n| (n, n)).group_by_key(1).cache().unwrap();
    let expected = "\
(1) ShuffledRDD[3] at groupByKey [Memory Deserialized 1x Replicated]
 +-(2) MapPartitionsRDD[2] at map [Memory Deserialized 1x Replicated]
    |  ParallelCollectionRDD[0] at range [Memory Deserialized 1x Replicated]";
    assert_eq!(printed(&child), expected);
}

#[test]
fn cached_partitions_have_a_line_of_their_own() {
    let sc = local();
    let events = Events::of(&sc);
    let cached = sc.range(0, 300, 1, 3).map(|n| n).persist(StorageLevel::DISK_ONLY).unwrap();
    cached.count().unwrap();
    events.until(|event| matches!(event, ListenerEvent::JobEnd { .. }));
    let text = printed(&cached.filter(|n| *n > 1));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(
        (lines[0], lines[1]),
        ("(3) MapPartitionsRDD[2] at filter []", " |  MapPartitionsRDD[1] at map []")
    );
    assert!(lines[2].starts_with(" |      CachedPartitions: 3; MemorySize: 0.0 B; DiskSize: "), "{text}");
    assert_eq!(lines[3], " |  ParallelCollectionRDD[0] at range []");
    let text = printed(&cached);
    assert!(text.lines().nth(1).unwrap().starts_with(" |       CachedPartitions: 3; "), "{text}");
}

#[test]
fn an_empty_rdd_has_no_partitions() {
    let rdd = local().empty_rdd::<u8>();
    assert_eq!(rdd.num_partitions(), 0);
    assert!(printed(&rdd).starts_with("(0) "), "{}", printed(&rdd));
}

#[test]
fn a_text_file_is_named_by_its_path() {
    let (_keep, path) = scratch("text");
    std::fs::write(&path, "line\n").unwrap();
    let rdd = local().text_file(&path, 1).unwrap();
    assert_eq!(rdd.name(), Some(path.clone()));
    assert!(printed(&rdd).contains(&format!("{path} HadoopRDD[0] at textFile []")), "{}", printed(&rdd));
}

#[test]
fn debug_of_an_rdd_is_its_class_number_and_origin() {
    let rdd = local().range(0, 3, 1, 2);
    let text = format!("{rdd:?}");
    assert!(text.starts_with("ParallelCollectionRDD[0] at range at debug_string.rs:"), "{text}");
    assert_eq!(rdd.id().0, 0);
    assert_eq!(rdd.spark_context().application_id(), rdd.map(|n| n).spark_context().application_id());
}
