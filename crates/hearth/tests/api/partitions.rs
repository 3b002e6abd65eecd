//! Fewer or more partitions, and who goes to which.

use hearth::ListenerEvent;
use hearth::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::{Events, local, message, on_both, sorted};

#[test]
fn coalesce_joins_neighbours_and_never_makes_more() {
    on_both(|sc| {
        let rdd = sc.range(0, 10, 1, 10);
        assert_eq!(
            rdd.coalesce(3).glom().collect().unwrap(),
            [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8, 9]]
        );
        assert_eq!(rdd.coalesce(1).glom().collect().unwrap().len(), 1);
        assert_eq!(rdd.coalesce(50).num_partitions(), 10);
        assert_eq!(rdd.coalesce(4).coalesce(2).collect().unwrap(), (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn coalesce_stands_on_a_shuffle_too() {
    on_both(|sc| {
        let sums = sc.range(0, 1_000, 1, 5).map(|n| (n % 40, 1)).reduce_by_key(|a, b| a + b, 8).coalesce(2);
        assert_eq!(sums.num_partitions(), 2);
        assert_eq!(sorted(sums.collect().unwrap()), (0..40).map(|key| (key, 25)).collect::<Vec<_>>());
    });
}

#[test]
fn zero_partitions_are_refused_by_the_first_action() {
    let sc = local();
    let rdd = sc.range(0, 10, 1, 2);
    for error in [rdd.coalesce(0).count().unwrap_err(), rdd.repartition(0).count().unwrap_err()] {
        let error = message(&error);
        assert!(error.contains("Number of partitions (0) must be positive."), "{error}");
    }
}

#[test]
fn repartition_spreads_evenly_and_loses_nothing() {
    on_both(|sc| {
        for (from, to) in [(1, 4), (7, 3), (3, 20)] {
            let rdd = sc.range(0, 1_000, 1, from).repartition(to);
            let parts = rdd.glom().collect().unwrap();
            assert_eq!(parts.len(), to as usize);
            let (least, most) =
                (1_000 / to as usize - from as usize, 1_000 / to as usize + from as usize + 1);
            assert!(parts.iter().all(|part| (least..=most).contains(&part.len())), "{from} to {to}");
            assert_eq!(sorted(parts.concat()), (0..1_000).collect::<Vec<_>>());
        }
    });
}

#[test]
fn partition_by_sends_each_key_to_one_partition() {
    on_both(|sc| {
        let pairs = sc.range(0, 200, 1, 4).map(|n| (n % 10, n)).partition_by(HashPartitioner::new(3));
        let places = pairs.keys().map_partitions_with_index(|split, keys| keys.map(move |key| (key, split)));
        let mut places = places.collect().unwrap();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), 10, "no key is in two partitions");
        assert_eq!(HashPartitioner::new(0), HashPartitioner::new(1));
    });
}

/// Negative numbers first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BySign {
    zero: u32,
}

impl Partitioner<i64> for BySign {
    fn partitions(&self) -> u32 {
        3
    }

    fn partition(&self, key: &i64) -> u32 {
        match key.signum() {
            -1 => 0,
            0 => self.zero,
            _ => 2,
        }
    }
}

#[test]
fn an_own_partitioner_travels_with_its_state() {
    on_both(|sc| {
        let pairs = sc.range(-2, 3, 1, 2).map(|n| (n, ()));
        let parts = |zero| pairs.partition_by(BySign { zero }).keys().glom().map(sorted).collect().unwrap();
        assert_eq!(parts(1), [vec![-2, -1], vec![0], vec![1, 2]]);
        assert_eq!(parts(0), [vec![-2, -1, 0], vec![], vec![1, 2]]);
    });
}

/// Says that it has two partitions, and sends a key beyond them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Beyond;

impl Partitioner<i64> for Beyond {
    fn partitions(&self) -> u32 {
        2
    }

    fn partition(&self, key: &i64) -> u32 {
        *key as u32
    }
}

#[test]
fn a_partitioner_that_goes_beyond_its_partitions_fails_the_job() {
    let sc = local();
    assert_eq!(sc.range(0, 2, 1, 1).map(|n| (n, n)).partition_by(Beyond).count().unwrap(), 2);
    let error = message(&sc.range(0, 4, 1, 1).map(|n| (n, n)).partition_by(Beyond).count().unwrap_err());
    assert!(error.contains("Job aborted due to stage failure"), "{error}");
    assert_eq!(sc.range(0, 4, 1, 1).count().unwrap(), 4, "and harms nothing else");
}

#[test]
fn a_range_partitioner_keeps_ranges_together() {
    on_both(|sc| {
        let pairs = sc.parallelize([15, 5, 25, 10, 20].map(|n| (n, ())), 2);
        let up = pairs.partition_by(RangePartitioner::from_bounds(vec![10, 20], true)).keys().glom();
        assert_eq!(up.map(sorted).collect().unwrap(), [vec![5, 10], vec![15, 20], vec![25]]);
        let down = pairs.partition_by(RangePartitioner::from_bounds(vec![10, 20], false)).keys().glom();
        assert_eq!(down.map(sorted).collect().unwrap(), [vec![25], vec![15, 20], vec![5, 10]]);
    });
}

#[test]
fn what_is_partitioned_already_is_not_shuffled_again() {
    let sc = local();
    let pairs = sc.range(0, 100, 1, 4).map(|n| (n % 7, n)).partition_by(HashPartitioner::new(3));
    let kept = pairs.map_values(|n| n + 1).filter(|(_, n)| n % 2 == 0).flat_map_values(|n| [n, n]);
    assert_eq!(shuffles(kept.partition_by(HashPartitioner::new(3)).to_debug_string()), 1);
    assert_eq!(shuffles(kept.reduce_by_key(|a, b| a + b, 3).to_debug_string()), 1);
    assert_eq!(shuffles(kept.group_by_key(0).to_debug_string()), 1);
    assert_eq!(shuffles(kept.reduce_by_key(|a, b| a + b, 4).to_debug_string()), 2, "another number");
    assert_eq!(
        shuffles(kept.map(|pair| pair).reduce_by_key(|a, b| a + b, 3).to_debug_string()),
        2,
        "lost by map"
    );
    let sums = kept.reduce_by_key(|a, b| a + b, 3).collect_as_map().unwrap();
    let again = kept.map(|pair| pair).reduce_by_key(|a, b| a + b, 3).collect_as_map().unwrap();
    assert_eq!(sums, again);
}

#[test]
fn distinct_and_count_by_key_find_what_is_partitioned_already_in_place() {
    on_both(|sc| {
        let pairs = sc.range(0, 40, 1, 4).map(|n| (n % 7, n % 2)).partition_by(HashPartitioner::new(3));
        let once = pairs.distinct(0);
        assert_eq!(shuffles(once.to_debug_string()), 1, "none but its own");
        assert_eq!(shuffles(once.group_by_key(3).to_debug_string()), 1, "and it stays partitioned");
        assert_eq!(shuffles(pairs.distinct(4).to_debug_string()), 2, "another number");
        let all = (0..7).flat_map(|key| [(key, 0), (key, 1)]).collect::<Vec<_>>();
        assert_eq!(sorted(once.collect().unwrap()), all);
        assert_eq!(sorted(pairs.distinct(4).collect().unwrap()), all);
        let events = Events::of(sc);
        assert_eq!(pairs.count_by_key().unwrap()[&6], 5);
        let stages = events.wait(|event| match event {
            ListenerEvent::JobStart { stages, .. } => Some(stages.len()),
            _ => None,
        });
        assert_eq!(stages, 2);
    });
}

#[test]
fn what_is_left_after_subtract_is_partitioned_as_it_was() {
    on_both(|sc| {
        let pairs = |partitions| sc.range(0, 20, 1, partitions).map(|n| (n, ()));
        let (few, many) = (pairs(2), pairs(9).partition_by(HashPartitioner::new(9)));
        assert_eq!(few.subtract_by_key(&many, 0).num_partitions(), 2);
        assert_eq!(few.keys().subtract(&many.keys(), 0).num_partitions(), 2);
        let some = few.filter(|(n, ())| n % 2 == 0).partition_by(HashPartitioner::new(3));
        let rest = some.subtract_by_key(&many.filter(|(n, ())| *n > 3), 0);
        assert_eq!(
            (rest.num_partitions(), shuffles(rest.to_debug_string())),
            (3, 3),
            "the left is read in place"
        );
        assert_eq!(sorted(rest.keys().collect().unwrap()), [0, 2]);
        assert_eq!(few.subtract_by_key(&many, 5).num_partitions(), 5);
    });
}

#[test]
fn of_two_partitioners_of_one_size_the_left_one_stays() {
    let sc = local();
    let pairs = sc.range(-5, 5, 1, 3).map(|n| (n, ()));
    let (signs, hashed) =
        (pairs.partition_by(BySign { zero: 1 }), pairs.partition_by(HashPartitioner::new(3)));
    let parts = signs.join(&hashed, 0).keys().glom().map(sorted).collect().unwrap();
    assert_eq!(parts[1], [0]);
}

fn shuffles(lineage: String) -> usize {
    lineage.matches("+-").count()
}

#[test]
fn repartition_deals_shuffled_records_alike_in_whatever_order_they_come() {
    on_both(|sc| {
        // Texts of two lengths, each ten times in its partition.
        let texts =
            sc.range(0, 1_000, 1, 5).map(|n| (n % 100, ())).partition_by(HashPartitioner::new(3)).keys();
        let texts = texts.map(|n| if n % 2 == 0 { n.to_string() } else { format!("{n:040}") });
        let up = texts.map_partitions(|texts| sorted(texts.collect()));
        let down = up.map_partitions(|texts| texts.collect::<Vec<_>>().into_iter().rev());
        let dealt = |texts: &Rdd<String>| texts.repartition(4).glom().map(sorted).collect().unwrap();
        let parts = dealt(&up);
        assert!(parts.iter().all(|part| (246..=254).contains(&part.len())), "{parts:?}");
        assert_eq!(sorted(parts.concat()), sorted(texts.collect().unwrap()));
        assert_eq!(dealt(&down), parts);
    });
}
