//! Bounds that cut keys into ranges of about as many records each. Spark: `RangePartitioner.sketch`, `determineBounds`.

use std::collections::BTreeMap;
use std::fmt::Debug;

use hearth_storage::Data;

use super::Rdd;
use super::sample::reservoir;
use crate::error::Result;
use crate::node::Origin;
use crate::partitioner::RangePartitioner;

/// Spark samples about so many keys for each partition of a sort, and at most `MOST_SAMPLES` in all.
const SAMPLES_PER_PARTITION: f64 = 20.0;
const MOST_SAMPLES: f64 = 1e6;

/// How many keys to sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Samples {
    /// Of all partitions together.
    wanted: f64,
    /// Of each partition at first: three times its share, as some have more records than others.
    each: usize,
}

impl Samples {
    fn for_sort(from: u32, to: u32) -> Self {
        let wanted = (SAMPLES_PER_PARTITION * f64::from(to)).min(MOST_SAMPLES);
        Self { wanted, each: (3.0 * wanted / f64::from(from.max(1))).ceil() as usize }
    }

    /// The partitions of which these samples stand for too many records each, and how many must be taken instead.
    /// `seen` are the numbers of their records.
    fn more(self, seen: &[u64]) -> BTreeMap<u32, usize> {
        let all: u64 = seen.iter().sum();
        let fraction = (self.wanted / all.max(1) as f64).min(1.0);
        let share = |seen: &u64| (*seen as f64 * fraction).ceil() as usize;
        (0..).zip(seen.iter().map(share)).filter(|(_, share)| *share > self.each).collect()
    }
}

/// Some keys of a partition, and how many records it has.
type Sketch<K> = (Vec<K>, u64);

/// Each key with the number of records that it stands for.
fn weighted<K>(sketches: impl IntoIterator<Item = Sketch<K>>) -> Vec<(K, f64)> {
    let mut sample = Vec::new();
    for (keys, seen) in sketches {
        let weight = seen as f64 / keys.len().max(1) as f64;
        sample.extend(keys.into_iter().map(|key| (key, weight)));
    }
    sample
}

impl<K: Data + Ord + Debug, V: Data> Rdd<(K, V)> {
    /// Samples all partitions alike, and those with far more records than others once more, by another job.
    pub(super) fn range_partitioner(
        &self,
        at: Origin,
        partitions: u32,
        ascending: bool,
    ) -> Result<RangePartitioner<K>> {
        let from = self.num_partitions();
        if partitions <= 1 || from == 0 {
            return Ok(RangePartitioner::from_bounds(Vec::new(), ascending));
        }
        let samples = Samples::for_sort(from, partitions);
        let mut sketches = self.context.collect_job(
            self,
            (0..from).collect(),
            at,
            samples.each,
            |each, split, records| reservoir(records.map(|(key, _)| key), *each, u64::from(split)),
        )?;
        let more = samples.more(&sketches.iter().map(|(_, seen)| *seen).collect::<Vec<_>>());
        if !more.is_empty() {
            let large: Vec<u32> = more.keys().copied().collect();
            let again = self.context.collect_job(self, large.clone(), at, more, |more, split, records| {
                let size = more.get(&split).copied().unwrap_or_default();
                reservoir(records.map(|(key, _)| key), size, u64::from(split))
            })?;
            for (split, sketch) in large.into_iter().zip(again) {
                sketches[split as usize] = sketch;
            }
        }
        Ok(RangePartitioner::from_sample(weighted(sketches), partitions, ascending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_times_the_samples_that_are_needed_are_taken_and_never_too_many() {
        assert_eq!(Samples::for_sort(4, 10), Samples { wanted: 200.0, each: 150 });
        assert_eq!(Samples::for_sort(100, 1), Samples { wanted: 20.0, each: 1 });
        assert_eq!(Samples::for_sort(10, 1_000_000), Samples { wanted: 1e6, each: 300_000 });
    }

    #[test]
    fn partitions_of_up_to_three_times_the_average_are_sampled_once() {
        let samples = Samples::for_sort(4, 10);
        for seen in [[1_000; 4], [3_000, 1_000, 0, 0], [0; 4], [1, 0, 0, 0], [150, 1, 1, 1]] {
            assert!(samples.more(&seen).is_empty(), "{seen:?}");
        }
    }

    #[test]
    fn larger_ones_are_sampled_again_with_their_share_of_all() {
        assert_eq!(Samples::for_sort(4, 10).more(&[10, 9_970, 10, 10]), BTreeMap::from([(1, 200)]));
        let mut seen = [0; 10];
        (seen[2], seen[7]) = (4_000, 6_000);
        assert_eq!(Samples::for_sort(10, 10).more(&seen), BTreeMap::from([(2, 80), (7, 120)]));
    }

    #[test]
    fn a_key_stands_for_as_many_records_as_were_not_taken() {
        let sketches = [(vec!['a', 'b'], 10), (vec![], 0), (vec!['c'], 1)];
        assert_eq!(weighted(sketches), [('a', 5.0), ('b', 5.0), ('c', 1.0)]);
    }
}
