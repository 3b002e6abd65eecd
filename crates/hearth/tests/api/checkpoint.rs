//! Cutting lineages.

use std::sync::atomic::{AtomicBool, Ordering};

use hearth::prelude::*;

use crate::support::{local, message, on_both, scratch, sorted, with_conf};

fn counting(sc: &SparkContext) -> (Rdd<i64>, Accumulator<hearth::LongAccumulator>) {
    let computed = sc.long_accumulator("computed");
    let rdd = sc.range(0, 100, 1, 3).map_with(computed.clone(), |computed, n| {
        computed.add(1);
        n * n
    });
    (rdd, computed)
}

#[test]
fn checkpoint_writes_after_the_first_action_and_cuts_the_lineage() {
    on_both(|sc| {
        let (_keep, dir) = scratch("checkpoints");
        sc.set_checkpoint_dir(dir.clone());
        assert_eq!(sc.checkpoint_dir(), Some(dir.clone()));
        let (rdd, computed) = counting(sc);
        rdd.checkpoint().unwrap();
        assert!(!rdd.is_checkpointed());
        assert_eq!(rdd.checkpoint_file(), None);
        let first = rdd.collect().unwrap();
        assert!(rdd.is_checkpointed());
        let file = rdd.checkpoint_file().unwrap();
        assert!(file.starts_with(&dir) && file.ends_with(&format!("rdd-{}", rdd.id())), "{file}");
        let computed_once = computed.value();
        assert_eq!(rdd.collect().unwrap(), first);
        assert_eq!(rdd.map(|n| n + 1).count().unwrap(), 100);
        assert_eq!(computed.value(), computed_once, "it is read from its files now");
        assert!(rdd.to_debug_string().contains("ReliableCheckpointRDD"), "{}", rdd.to_debug_string());
        assert!(!rdd.to_debug_string().contains("ParallelCollectionRDD"));
        assert_eq!(std::fs::read_dir(&file).unwrap().count(), 3);
    });
}

#[test]
fn checkpoint_of_a_persisted_rdd_computes_it_once() {
    on_both(|sc| {
        let (_keep, dir) = scratch("checkpoints");
        sc.set_checkpoint_dir(dir);
        let (rdd, computed) = counting(sc);
        let rdd = rdd.cache().unwrap();
        rdd.checkpoint().unwrap();
        assert_eq!(rdd.count().unwrap(), 100);
        rdd.unpersist();
        assert_eq!((rdd.count().unwrap(), computed.value()), (100, 100));
    });
}

#[test]
fn an_ancestor_of_the_action_is_checkpointed_too() {
    on_both(|sc| {
        let (_keep, dir) = scratch("checkpoints");
        sc.set_checkpoint_dir(dir);
        let (rdd, computed) = counting(sc);
        rdd.checkpoint().unwrap();
        let sums = rdd.map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b, 2);
        let first = sorted(sums.collect().unwrap());
        assert!(rdd.is_checkpointed() && !sums.is_checkpointed());
        let computed_once = computed.value();
        let again = rdd.map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b, 2);
        assert_eq!(sorted(again.collect().unwrap()), first);
        assert_eq!(computed.value(), computed_once);
    });
}

#[test]
fn checkpoint_cuts_shuffles_off() {
    on_both(|sc| {
        let (_keep, dir) = scratch("checkpoints");
        sc.set_checkpoint_dir(dir);
        let sums = sc.range(0, 100, 1, 3).map(|n| (n % 4, n)).reduce_by_key(|a, b| a + b, 2);
        sums.checkpoint().unwrap();
        let first = sorted(sums.collect().unwrap());
        assert!(!sums.to_debug_string().contains("+-"), "{}", sums.to_debug_string());
        assert_eq!(sorted(sums.collect().unwrap()), first);
        assert_eq!(sums.reduce_by_key(|a, b| a + b, 2).count().unwrap(), 4, "and the partitioner stays");
    });
}

#[test]
fn a_job_that_runs_while_another_ends_a_checkpoint_gives_its_later_tasks_the_inputs_it_began_with() {
    static HAS_BEGUN: AtomicBool = AtomicBool::new(false);
    static IS_WRITTEN: AtomicBool = AtomicBool::new(false);
    fn wait_for(flag: &AtomicBool) {
        while !flag.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    }
    let (_keep, dir) = scratch("checkpoints");
    let sc = local();
    sc.set_checkpoint_dir(dir);
    let rdd = sc.parallelize([1, 2, 3], 1).map(|n| n * 10);
    rdd.checkpoint().unwrap();
    let first_stage = sc.range(0, 3, 1, 1).map(|n| {
        HAS_BEGUN.store(true, Ordering::SeqCst);
        wait_for(&IS_WRITTEN);
        (n, ())
    });
    let both = first_stage.group_by_key(1).zip(&rdd);
    let job = std::thread::spawn(move || both.count());
    wait_for(&HAS_BEGUN);
    let counted = rdd.count();
    IS_WRITTEN.store(true, Ordering::SeqCst);
    assert_eq!(counted.unwrap(), 3);
    assert!(rdd.is_checkpointed());
    assert_eq!(job.join().unwrap().unwrap(), 3, "its second stage reads what was there when it began");
}

#[test]
fn checkpoint_needs_a_directory() {
    let sc = local();
    assert_eq!(sc.checkpoint_dir(), None);
    let error = message(&sc.range(0, 3, 1, 1).checkpoint().unwrap_err());
    assert!(error.contains("Checkpoint directory has not been set in the SparkContext"), "{error}");
}

#[test]
fn the_directory_comes_from_the_configuration_too() {
    let (_keep, dir) = scratch("checkpoints");
    let sc = with_conf("local[2]", &[("spark.checkpoint.dir", &dir)]);
    assert_eq!(sc.checkpoint_dir().as_deref(), Some(dir.as_str()));
    let rdd = sc.parallelize(Vec::<String>::new(), 2);
    rdd.checkpoint().unwrap();
    assert_eq!(rdd.count().unwrap(), 0);
    assert!(rdd.is_checkpointed());
    assert_eq!((rdd.count().unwrap(), rdd.num_partitions()), (0, 2));
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_an_error() {
    let (keep, path) = scratch("file");
    std::fs::write(&path, "no directory").unwrap();
    let sc = local();
    sc.set_checkpoint_dir(format!("{path}/below"));
    let rdd = sc.range(0, 3, 1, 1);
    rdd.checkpoint().unwrap();
    rdd.count().unwrap_err();
    drop(keep);
}
