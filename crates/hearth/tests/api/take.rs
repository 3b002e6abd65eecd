//! Actions that look at some partitions only.

use hearth::ListenerEvent;
use hearth::prelude::*;

use crate::support::{Events, local, on_both, sorted, with_conf};

#[test]
fn take_gives_the_first_records() {
    on_both(|sc| {
        let rdd = sc.range(0, 1_000, 1, 100);
        assert_eq!(rdd.take(3).unwrap(), [0, 1, 2]);
        assert_eq!(rdd.take(25).unwrap(), (0..25).collect::<Vec<_>>());
        assert_eq!(rdd.take(5_000).unwrap().len(), 1_000);
        assert!(rdd.take(0).unwrap().is_empty());
        assert_eq!(rdd.first().unwrap(), 0);
        assert_eq!(rdd.filter(|n| *n > 900).first().unwrap(), 901);
    });
}

/// The number of tasks of each job.
fn tasks_of_jobs(sc: &SparkContext, jobs: usize, run: impl Fn()) -> Vec<u32> {
    let events = Events::of(sc);
    run();
    let tasks = |event: &ListenerEvent| match event {
        ListenerEvent::JobStart { stages, .. } => Some(stages.iter().map(|stage| stage.tasks).sum()),
        _ => None,
    };
    (0..jobs).map(|_| events.wait(tasks)).collect()
}

#[test]
fn take_looks_at_one_partition_first_and_then_at_four_times_as_many() {
    let sc = local();
    let rdd = sc.range(0, 100, 1, 100);
    assert_eq!(tasks_of_jobs(&sc, 1, || assert_eq!(rdd.take(1).unwrap(), [0])), [1]);
    assert_eq!(tasks_of_jobs(&sc, 3, || assert_eq!(rdd.take(20).unwrap().len(), 20)), [1, 4, 16]);
    let sc = with_conf(
        "local[2]",
        &[("spark.rdd.limit.initialNumPartitions", "10"), ("spark.rdd.limit.scaleUpFactor", "2")],
    );
    let rdd = sc.range(0, 100, 1, 100);
    assert_eq!(tasks_of_jobs(&sc, 2, || assert_eq!(rdd.take(20).unwrap().len(), 20)), [10, 20]);
}

#[test]
fn to_local_iterator_runs_a_job_for_a_partition_when_it_gets_there() {
    let sc = local();
    let computed = sc.long_accumulator("records computed");
    let rdd = sc.range(0, 100, 1, 10).map_with(computed.clone(), |computed, n| {
        computed.add(1);
        n
    });
    let mut records = rdd.to_local_iterator();
    assert_eq!(records.next().unwrap().unwrap(), 0);
    assert_eq!(computed.value(), 10);
    assert_eq!(records.by_ref().take(14).map(Result::unwrap).last(), Some(14));
    assert_eq!(computed.value(), 20);
    assert_eq!(records.map(Result::unwrap).collect::<Vec<_>>(), (15..100).collect::<Vec<_>>());
}

#[test]
fn to_local_iterator_ends_after_an_error() {
    let sc = local();
    let rdd = sc.range(0, 30, 1, 3).map(|n| {
        assert!(n < 15, "too many");
        n
    });
    let all: Vec<_> = rdd.to_local_iterator().collect();
    assert_eq!(all.len(), 11);
    assert!(all[..10].iter().all(Result::is_ok));
    assert!(all[10].as_ref().unwrap_err().to_string().contains("too many"));
}

#[test]
fn take_sample_draws_just_so_many() {
    on_both(|sc| {
        let rdd = sc.range(0, 1_000, 1, 5);
        let drawn = sorted(rdd.take_sample(Replacement::Without, 50, 7).unwrap());
        assert_eq!(drawn.len(), 50);
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]), "none twice");
        assert_eq!(
            sorted(rdd.take_sample(Replacement::Without, 50, 7).unwrap()),
            drawn,
            "same seed, same sample"
        );
        assert_ne!(sorted(rdd.take_sample(Replacement::Without, 50, 8).unwrap()), drawn);
        assert_eq!(
            rdd.take_sample(Replacement::Without, 5_000, 7).unwrap().len(),
            1_000,
            "there are no more"
        );
        assert_eq!(rdd.take_sample(Replacement::With, 3_000, 7).unwrap().len(), 3_000);
        assert!(rdd.take_sample(Replacement::With, 0, 7).unwrap().is_empty());
        assert_eq!(sc.parallelize(['x'], 4).take_sample(Replacement::With, 9, 1).unwrap(), ['x'; 9]);
    });
}
