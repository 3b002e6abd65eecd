use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::*;
use crate::testing::{Fixture, Random};

const MIB: u64 = 1 << 20;

fn fixture(total: u64) -> (Fixture, SpillContext, crate::TaskMemory) {
    let fixture = Fixture::new(total);
    let task = fixture.task(1);
    let ctx = SpillContext::new(&fixture.blocks, &task);
    (fixture, ctx, task)
}

fn count_words(ctx: &SpillContext, mut words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = ExternalAggregator::new(ctx.clone());
    // A word that comes twice in one batch, and a spill in the middle of one.
    loop {
        let mut pairs: Vec<_> = words.by_ref().take(50).map(|word| (word, 1)).collect();
        if pairs.is_empty() {
            break;
        }
        counts.insert_all(&mut pairs, |one| one, |sum, one| sum + one).unwrap();
    }
    let mut found = BTreeMap::new();
    for pair in counts.finish(|a, b| a + b).unwrap() {
        let (word, count) = pair.unwrap();
        assert_eq!(found.insert(word, count), None, "a key comes once");
    }
    found
}

fn words(count: u64, distinct: u64) -> impl Iterator<Item = String> {
    let mut random = Random::new(3);
    (0..count).map(move |_| format!("a rather long word number {}", random.below(distinct)))
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

#[test]
fn counting_in_memory_spills_nothing() {
    let (_fixture, ctx, _) = fixture(64 * MIB);
    assert_eq!(count_words(&ctx, words(50_000, 1_000)), counted(words(50_000, 1_000)));
    assert_eq!(ctx.metrics(), crate::SpillMetrics::default());
}

#[test]
fn counting_ten_times_the_memory_spills_and_is_right() {
    // About 60 bytes of keys and 60 of table for each of 200,000 words.
    let (fixture, ctx, task) = fixture(2 * MIB);
    assert_eq!(count_words(&ctx, words(400_000, 200_000)), counted(words(400_000, 200_000)));
    assert!(ctx.metrics().memory_bytes_spilled > 10 * MIB, "{:?}", ctx.metrics());
    assert!(ctx.metrics().disk_bytes_spilled > 0);
    assert!(task.peak() <= 2 * MIB);
    assert_eq!(task.used(), 0);
    assert!(fixture.files().is_empty());
}

#[test]
fn groups_that_grow_are_noticed() {
    let (_fixture, ctx, task) = fixture(2 * MIB);
    let mut groups = ExternalAggregator::new(ctx.clone());
    for n in 0..2_000_000u64 {
        let push = |mut group: Vec<u64>, value| {
            group.push(value);
            group
        };
        groups.insert(n % 10, n, |value| vec![value], push).unwrap();
    }
    assert!(ctx.metrics().memory_bytes_spilled > 12 * MIB, "{:?}", ctx.metrics());
    assert!(task.peak() <= 2 * MIB);
    let join = |mut a: Vec<u64>, b| {
        a.extend::<Vec<u64>>(b);
        a
    };
    let mut keys = 0;
    for pair in groups.finish(join).unwrap() {
        let (key, mut group) = pair.unwrap();
        group.sort_unstable();
        assert!(group.iter().copied().eq((0..200_000).map(|n| n * 10 + key)));
        keys += 1;
    }
    assert_eq!(keys, 10);
}

#[test]
fn the_hash_comes_along_for_partitioning() {
    let (_fixture, ctx, _) = fixture(2 * MIB);
    let mut counts = ExternalAggregator::new(ctx);
    for word in words(100_000, 50_000) {
        counts.insert(word, 1, |one| one, |sum: u64, one| sum + one).unwrap();
    }
    for entry in counts.finish_hashed(|a, b| a + b).unwrap() {
        let (hash, word, _) = entry.unwrap();
        assert_eq!(hash, crate::hash_key(&word));
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SameHash(u64);

impl Hash for SameHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 % 3).hash(state);
    }
}

#[test]
fn keys_with_equal_hashes_stay_apart_also_across_spills() {
    let (_fixture, ctx, _) = fixture(64 * MIB);
    let mut counts = ExternalAggregator::new(ctx.clone());
    for n in 0..3_000 {
        counts.insert(SameHash(n % 100), "x".repeat(500), |s| s, |a: String, b| a + &b).unwrap();
    }
    let mut total = 0;
    for pair in counts.finish(|a, b| a + &b).unwrap() {
        assert_eq!(pair.unwrap().1.len(), 15_000);
        total += 1;
    }
    assert_eq!(total, 100);
    let (_fixture, ctx, _) = fixture(600 * 1024);
    let mut counts = ExternalAggregator::new(ctx.clone());
    for n in 0..6_000 {
        counts.insert(SameHash(n % 100), "x".repeat(500), |s| s, |a: String, b| a + &b).unwrap();
    }
    assert!(ctx.metrics().disk_bytes_spilled > 0);
    let lengths: Vec<usize> =
        counts.finish(|a, b| a + &b).unwrap().map(|pair| pair.unwrap().1.len()).collect();
    assert_eq!(lengths, [30_000; 100]);
}

#[test]
fn sorting_in_memory_is_stable() {
    let (_fixture, ctx, _) = fixture(64 * MIB);
    let mut sorter = ExternalSorter::new(ctx.clone(), |pair: &(u64, u64)| &pair.0, true);
    let mut random = Random::new(5);
    let records: Vec<(u64, u64)> = (0..10_000).map(|n| (random.below(100), n)).collect();
    records.iter().for_each(|record| sorter.insert(*record).unwrap());
    let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
    assert!(sorted.is_sorted() && sorted.len() == 10_000);
    assert_eq!(ctx.metrics(), crate::SpillMetrics::default());
}

#[test]
fn sorting_ten_times_the_memory_spills_stays_stable_and_within_its_memory() {
    let (fixture, ctx, task) = fixture(2 * MIB);
    let mut sorter = ExternalSorter::new(ctx.clone(), |pair: &(String, u64)| &pair.0, true);
    let mut random = Random::new(6);
    for n in 0..200_000 {
        sorter.insert((format!("some text to sort by, number {:05}", random.below(20_000)), n)).unwrap();
    }
    let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
    assert!(sorted.is_sorted() && sorted.len() == 200_000);
    assert!(ctx.metrics().memory_bytes_spilled > 10 * MIB, "{:?}", ctx.metrics());
    assert!(task.peak() <= 2 * MIB);
    assert_eq!(task.used(), 0);
    assert!(fixture.files().is_empty());
}

#[test]
fn hundreds_of_runs_are_merged_in_passes() {
    let (_fixture, ctx, task) = fixture(300 * 1024);
    let mut sorter = ExternalSorter::new(ctx.clone(), |pair: &(u64, u64)| &pair.0, true);
    let mut random = Random::new(8);
    for n in 0..1_500_000 {
        sorter.insert((random.below(1_000), n)).unwrap();
    }
    assert!(ctx.metrics().memory_bytes_spilled / (300 * 1024) > 64, "{:?}", ctx.metrics());
    let before = ctx.metrics().disk_bytes_spilled;
    let sorted = sorter.finish().unwrap();
    assert!(ctx.metrics().disk_bytes_spilled > before, "there was more than one pass");
    let mut last = (0, 0);
    let mut count = 0;
    for record in sorted.map(Result::unwrap) {
        assert!(last <= record);
        last = record;
        count += 1;
    }
    assert_eq!(count, 1_500_000);
    assert!(task.peak() <= 300 * 1024);
}

#[test]
fn a_spill_directory_that_cannot_be_used_is_named() {
    let (fixture, ctx, _) = fixture(MIB);
    fixture.break_directory();
    let mut sorter = ExternalSorter::new(ctx, |number: &u64| number, true);
    let error = (0..1_000_000).find_map(|n| sorter.insert(n).err()).unwrap();
    assert!(error.to_string().contains(fixture.blocks.local_dir().to_str().unwrap()), "{error}");
}
