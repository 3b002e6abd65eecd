//! Broadcast variables and accumulators.

use std::collections::BTreeMap;

use hearth::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::{cluster, local, message, on_both, sorted};

#[test]
fn a_broadcast_value_is_there_in_every_task() {
    on_both(|sc| {
        let names: BTreeMap<i64, String> = (0..1_000).map(|n| (n, format!("name {n}"))).collect();
        let names = sc.broadcast(names).unwrap();
        assert_eq!(names.value().len(), 1_000);
        assert_eq!(names[&7], "name 7", "it can be used like its value");
        let rdd = sc.range(0, 1_000, 1, 8).map_with(names.clone(), |names, n| names.value()[&n].len());
        assert_eq!(rdd.sum().unwrap(), (0..1_000).map(|n| format!("name {n}").len()).sum::<usize>() as f64);
    });
}

#[test]
fn a_large_broadcast_value_arrives_whole() {
    on_both(|sc| {
        let bytes: Vec<u8> = (0..9_000_000u32).map(|n| (n % 251) as u8).collect();
        let expected = bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let bytes = sc.broadcast(bytes).unwrap();
        let sums = sc
            .range(0, 4, 1, 4)
            .map_with(bytes, |bytes, _| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
        assert_eq!(sums.collect().unwrap(), [expected; 4]);
    });
}

#[test]
fn several_broadcast_values_and_an_accumulator_travel_in_one_state() {
    on_both(|sc| {
        let state =
            (sc.broadcast(3i64).unwrap(), sc.broadcast("x".to_owned()).unwrap(), sc.long_accumulator("seen"));
        let rdd = sc.range(0, 5, 1, 2).map_with(state.clone(), |(factor, letter, seen), n| {
            seen.add(1);
            letter.repeat((n * factor.value()) as usize)
        });
        assert_eq!(rdd.map(|text| text.len()).collect().unwrap(), [0, 3, 6, 9, 12]);
        assert_eq!(state.2.value(), 5);
    });
}

#[test]
fn an_unpersisted_broadcast_value_is_fetched_again() {
    on_both(|sc| {
        let value = sc.broadcast(vec![1, 2, 3]).unwrap();
        let rdd = sc.range(0, 4, 1, 4).map_with(value.clone(), |value, n| value.len() as i64 + n);
        assert_eq!(rdd.collect().unwrap(), [3, 4, 5, 6]);
        value.unpersist();
        assert_eq!(rdd.collect().unwrap(), [3, 4, 5, 6]);
        assert_eq!(value.value().len(), 3);
    });
}

#[test]
fn a_broadcast_value_that_moves_into_an_action_is_there_until_its_job_has_ended() {
    on_both(|sc| {
        let (numbers, sum) = (sc.range(0, 4, 1, 2), sc.long_accumulator("sum"));
        let state = (sc.broadcast(10).unwrap(), sum.clone());
        numbers.foreach_with(state, |(factor, sum), n| sum.add(n * factor.value())).unwrap();
        let state = (sc.broadcast(100).unwrap(), sum.clone());
        numbers
            .foreach_partition_with(state, |(factor, sum), records| {
                records.for_each(|n| sum.add(n * factor.value()));
            })
            .unwrap();
        assert_eq!(sum.value(), 660);
        let limit = sc.broadcast(2).unwrap();
        let below = sc.run_job(&numbers, vec![0, 1], limit, |limit, _, records| {
            records.filter(|n| n < limit.value()).count() as u64
        });
        assert_eq!(below.unwrap(), [2, 0]);
    });
}

#[test]
fn a_destroyed_broadcast_value_fails_the_tasks_that_read_it() {
    on_both(|sc| {
        let value = sc.broadcast(vec![1, 2, 3]).unwrap();
        let rdd = sc.range(0, 4, 1, 4).map_with(value.clone(), |value, n| value.len() as i64 + n);
        value.destroy();
        let error = message(&rdd.collect().unwrap_err());
        assert!(error.contains("broadcast"), "{error}");
        assert_eq!(sc.range(0, 4, 1, 2).count().unwrap(), 4);
    });
}

#[test]
fn long_and_double_accumulators_sum() {
    on_both(|sc| {
        let (whole, real) = (sc.long_accumulator("whole"), sc.double_accumulator("real"));
        let both = (whole.clone(), real.clone());
        sc.range(-3, 100, 1, 7)
            .foreach_with(both, |(whole, real), n| {
                whole.add(n);
                real.add(n as f64 / 2.0);
            })
            .unwrap();
        assert_eq!((whole.value(), real.value()), (4_944, 2_472.0));
        whole.add(-4_944);
        assert_eq!(whole.value(), 0, "the driver may add too");
    });
}

#[test]
fn collection_accumulator_gathers_values() {
    on_both(|sc| {
        let seen = sc.collection_accumulator::<String>("seen");
        sc.range(0, 6, 1, 3).foreach_with(seen.clone(), |seen, n| seen.add(format!("{n}"))).unwrap();
        assert_eq!(sorted(seen.value()), ["0", "1", "2", "3", "4", "5"]);
    });
}

/// The least and the greatest value.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Ends(Option<(i64, i64)>);

impl AccumulatorV2 for Ends {
    type In = i64;
    type Out = Option<(i64, i64)>;

    fn add(&mut self, value: i64) {
        self.merge(Self(Some((value, value))));
    }

    fn merge(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some((low, high)), Some((least, most))) => Some((low.min(least), high.max(most))),
            (own, other) => own.or(other),
        };
    }

    fn value(&self) -> Option<(i64, i64)> {
        self.0
    }
}

#[test]
fn an_own_accumulator_merges_its_own_way() {
    on_both(|sc| {
        let ends = sc.accumulator::<Ends>("ends");
        assert_eq!(ends.value(), None);
        sc.range(-50, 51, 1, 5).foreach_with(ends.clone(), |ends, n| ends.add(n * n - n)).unwrap();
        assert_eq!(ends.value(), Some((0, 2_550)));
    });
}

#[test]
fn an_accumulator_has_a_name_and_can_be_reset() {
    let sc = local();
    let sum = sc.long_accumulator("a sum");
    assert_eq!(sum.name(), Some("a sum"));
    sum.add(5);
    sum.reset();
    assert_eq!(sum.value(), 0);
    sc.range(0, 10, 1, 2).foreach_with(sum.clone(), |sum, n| sum.add(n)).unwrap();
    assert_eq!(sum.value(), 45);
}

#[test]
fn a_task_cannot_read_an_accumulator() {
    on_both(|sc| {
        let sum = sc.long_accumulator("sum");
        let error = sc.range(0, 2, 1, 1).map_with(sum, |sum, _| sum.value()).collect().unwrap_err();
        assert!(message(&error).contains("cannot be accessed inside tasks"), "{error}");
    });
}

#[test]
fn updates_in_an_action_count_once_although_tasks_are_tried_again() {
    let sc = cluster();
    let sum = sc.long_accumulator("sum");
    let each = |sum: &Accumulator<hearth::LongAccumulator>, n: i64| {
        sum.add(n);
        let task = TaskContext::get().unwrap();
        assert!(
            task.attempt_number() >= 2 || n % 10 != 9,
            "the first two attempts of each task fail at its end"
        );
    };
    sc.range(0, 100, 1, 10).foreach_with(sum.clone(), each).unwrap();
    assert_eq!(sum.value(), 4_950);
}

#[test]
fn updates_in_a_stage_that_is_reused_do_not_count_again() {
    on_both(|sc| {
        let mapped = sc.long_accumulator("mapped");
        let sums = sc
            .range(0, 100, 1, 4)
            .map_with(mapped.clone(), |mapped, n| {
                mapped.add(1);
                (n % 5, n)
            })
            .reduce_by_key(|a, b| a + b, 3);
        for _ in 0..3 {
            assert_eq!(sums.count().unwrap(), 5);
        }
        assert_eq!(mapped.value(), 100, "the map stage ran once, the others were skipped");
    });
}

#[test]
fn a_failed_job_counts_only_tasks_that_succeeded() {
    let sc = local();
    let seen = sc.long_accumulator("seen");
    let each = |seen: &Accumulator<hearth::LongAccumulator>, n: i64| {
        seen.add(1);
        assert!(n != 0, "the only task fails");
    };
    sc.range(0, 10, 1, 1).foreach_with(seen.clone(), each).unwrap_err();
    assert_eq!(seen.value(), 0);
}
