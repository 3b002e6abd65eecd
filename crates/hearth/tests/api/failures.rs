//! What a user sees when a function fails.

use hearth::prelude::*;

use crate::support::{cluster, local, message, on_both, with_conf};

#[test]
fn a_panic_in_one_record_names_task_stage_and_message() {
    on_both(|sc| {
        let rdd = sc.range(0, 100_000, 1, 3).map(|n| {
            assert!(n != 99_999, "record {n} is bad");
            n
        });
        let error = message(&rdd.count().unwrap_err());
        assert!(error.starts_with("Job aborted due to stage failure: Task 2 in stage "), "{error}");
        assert!(error.contains("record 99999 is bad"), "{error}");
        assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10, "the executors live on");
    });
}

#[test]
fn a_task_is_tried_four_times_on_executors_and_once_in_process() {
    let fails = |sc: &SparkContext| {
        let rdd =
            sc.range(0, 1, 1, 1).map(|_| panic!("attempt {}", TaskContext::get().unwrap().attempt_number()));
        message(&rdd.map(|_: i64| ()).count().unwrap_err())
    };
    let error = fails(&cluster());
    assert!(error.contains("failed 4 times, most recent failure: Lost task 0.3 in stage 0.0"), "{error}");
    assert!(error.contains("attempt 3"), "{error}");
    let error = fails(&local());
    assert!(error.contains("failed 1 times") && error.contains("attempt 0"), "{error}");
    let error = fails(&with_conf("local-cluster[1,1,256]", &[("spark.task.maxFailures", "2")]));
    assert!(error.contains("failed 2 times"), "{error}");
}

#[test]
fn a_failure_in_a_map_stage_fails_the_action() {
    on_both(|sc| {
        let rdd = sc.range(0, 10, 1, 2).map(|n| (10 / (n - 5), n)).reduce_by_key(|a, b| a + b, 2);
        let error = message(&rdd.collect().unwrap_err());
        assert!(error.contains("attempt to divide by zero"), "{error}");
    });
}

#[test]
fn a_failure_in_a_function_of_the_reduce_side_fails_the_action() {
    on_both(|sc| {
        let rdd = sc.range(0, 100, 1, 4).map(|n| (n % 2, n)).reduce_by_key(
            |a, b| {
                assert!(a + b < 1_000, "sum too large");
                a + b
            },
            2,
        );
        let error = message(&rdd.collect().unwrap_err());
        assert!(error.contains("sum too large"), "{error}");
    });
}

#[test]
fn a_failure_while_sampling_fails_the_sort() {
    let sc = local();
    let rdd = sc.range(0, 10, 1, 3).map(|n| {
        assert!(n != 7, "seven");
        n
    });
    let error = message(&rdd.sort_by(|n| *n, true, 3).unwrap_err());
    assert!(error.contains("seven"), "{error}");
    rdd.zip_with_index().unwrap().count().unwrap_err();
}

#[test]
fn an_executor_that_exits_costs_only_time() {
    let sc = cluster();
    let sums = sc.range(0, 1_000, 1, 8).map(|n| (n % 10, n)).reduce_by_key(|a, b| a + b, 4);
    let ended = sums.map_partitions(|records| {
        let task = TaskContext::get().unwrap();
        if task.partition_id() == 1 && task.attempt_number() == 0 && task.stage_attempt_number() == 0 {
            std::process::exit(3);
        }
        records
    });
    let total: i64 = ended.values().reduce(|a, b| a + b).unwrap();
    assert_eq!(total, 499_500);
}

#[test]
fn deep_lineages_run() {
    on_both(|sc| {
        let mut rdd = sc.range(0, 10, 1, 2);
        for _ in 0..100 {
            rdd = rdd.map(|n| n + 1);
        }
        assert_eq!(rdd.collect().unwrap(), (100..110).collect::<Vec<_>>());
        let mut pairs = sc.range(0, 10, 1, 2).map(|n| (n, 1));
        for _ in 0..10 {
            pairs = pairs.map(|(key, n)| (key + 1, n + 1)).reduce_by_key(|a, b| a + b, 2);
        }
        assert_eq!(pairs.values().sum().unwrap(), 110.0);
    });
}

#[test]
fn a_lineage_of_thousands_of_steps_runs_and_one_that_is_too_deep_says_what_to_do() {
    on_both(|sc| {
        let mut rdd = sc.range(0, 3, 1, 1);
        for _ in 0..5_000 {
            rdd = rdd.map(|n| n + 1);
        }
        assert_eq!(rdd.collect().unwrap(), [5_000, 5_001, 5_002]);
        assert_eq!(rdd.to_debug_string().lines().count(), 5_001);
        for _ in 0..5_000 {
            rdd = rdd.map(|n| n + 1);
        }
        let error = message(&rdd.collect().unwrap_err());
        assert!(error.contains("more than 10000 steps without a shuffle; checkpoint"), "{error}");
    });
}
