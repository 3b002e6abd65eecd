//! Operations against the same computation on plain collections, with seeded random data.

use std::collections::{BTreeMap, BTreeSet};

use hearth::prelude::*;

use crate::support::{Random, on_both, sorted};

/// Random numbers of records, keys, partitions.
fn shapes(seed: u64) -> impl Iterator<Item = (Random, usize, u64, u32, u32)> {
    let mut random = Random(seed);
    (0..4).map(move |_| {
        let count = [0, 1, 50, 4_000][random.below(4) as usize];
        let keys = [1, 7, 3_000][random.below(3) as usize];
        let (from, to) = (1 + random.below(9) as u32, 1 + random.below(9) as u32);
        (Random(random.next()), count, keys, from, to)
    })
}

fn grouped(pairs: &[(u64, i64)]) -> BTreeMap<u64, Vec<i64>> {
    let mut groups: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for (key, value) in pairs {
        groups.entry(*key).or_default().push(*value);
    }
    groups.values_mut().for_each(|values| values.sort_unstable());
    groups
}

#[test]
fn aggregations_by_key_agree() {
    on_both(|sc| {
        for (mut random, count, keys, from, to) in shapes(1) {
            let pairs = if random.below(2) == 0 {
                random.pairs(count, keys)
            } else {
                random.skewed_pairs(count, keys)
            };
            let expected = grouped(&pairs);
            let sums: BTreeMap<u64, i64> =
                expected.iter().map(|(key, all)| (*key, all.iter().sum())).collect();
            let rdd = sc.parallelize(pairs, from);
            let map = |rdd: Rdd<(u64, i64)>| rdd.collect().unwrap().into_iter().collect::<BTreeMap<_, _>>();
            assert_eq!(map(rdd.reduce_by_key(|a, b| a + b, to)), sums);
            assert_eq!(map(rdd.fold_by_key(0, |a, b| a + b, to)), sums);
            assert_eq!(map(rdd.aggregate_by_key(0, |a, b| a + b, |a, b| a + b, to)), sums);
            assert_eq!(map(rdd.combine_by_key(|n| n, |a, b| a + b, |a, b| a + b, to)), sums);
            let groups = rdd.group_by_key(to).map_values(sorted).collect().unwrap();
            assert_eq!(groups.into_iter().collect::<BTreeMap<_, _>>(), expected);
            let counts: BTreeMap<u64, u64> = rdd.count_by_key().unwrap().into_iter().collect();
            assert_eq!(counts, expected.iter().map(|(key, all)| (*key, all.len() as u64)).collect());
        }
    });
}

#[test]
fn joins_agree() {
    on_both(|sc| {
        for (mut random, count, _, from, to) in shapes(2) {
            let (left, right) = (random.pairs(count.min(400), 60), random.pairs(300, 90));
            let (lefts, rights) = (grouped(&left), grouped(&right));
            let of = |side: &BTreeMap<u64, Vec<i64>>, key: &u64| side.get(key).cloned().unwrap_or_default();
            let keys: BTreeSet<u64> = lefts.keys().chain(rights.keys()).copied().collect();
            let mut inner = Vec::new();
            let mut full = Vec::new();
            for key in &keys {
                let or_none = |values: Vec<i64>| match values.is_empty() {
                    true => vec![None],
                    false => values.into_iter().map(Some).collect::<Vec<_>>(),
                };
                for a in or_none(of(&lefts, key)) {
                    for b in or_none(of(&rights, key)) {
                        full.push((*key, (a, b)));
                        inner.extend(a.zip(b).map(|pair| (*key, pair)));
                    }
                }
            }
            let (l, r) = (sc.parallelize(left.clone(), from), sc.parallelize(right, to));
            assert_eq!(sorted(l.join(&r, to).collect().unwrap()), sorted(inner));
            assert_eq!(sorted(l.full_outer_join(&r, 0).collect().unwrap()), sorted(full.clone()));
            let kept = full.iter().filter_map(|(key, (a, b))| Some((*key, ((*a)?, *b))));
            assert_eq!(sorted(l.left_outer_join(&r, to).collect().unwrap()), sorted(kept.collect()));
            let kept = full.iter().filter_map(|(key, (a, b))| Some((*key, (*a, (*b)?))));
            assert_eq!(sorted(l.right_outer_join(&r, to).collect().unwrap()), sorted(kept.collect()));
            let rest = left.into_iter().filter(|(key, _)| !rights.contains_key(key));
            assert_eq!(sorted(l.subtract_by_key(&r, from).collect().unwrap()), sorted(rest.collect()));
            let groups = l.cogroup(&r, to).map_values(|(a, b)| (sorted(a), sorted(b))).collect().unwrap();
            let expected = keys.iter().map(|key| (*key, (of(&lefts, key), of(&rights, key)))).collect();
            assert_eq!(groups.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
    });
}

#[test]
fn sets_and_sorts_agree() {
    on_both(|sc| {
        for (mut random, count, _, from, to) in shapes(3) {
            let words: Vec<String> = (0..count).map(|_| random.word(3)).collect();
            let others: Vec<String> = (0..200).map(|_| random.word(3)).collect();
            let (all, other): (BTreeSet<_>, BTreeSet<_>) =
                (words.iter().cloned().collect(), others.iter().cloned().collect());
            let (rdd, other_rdd) = (sc.parallelize(words.clone(), from), sc.parallelize(others, to));
            assert_eq!(sorted(rdd.distinct(to).collect().unwrap()), all.iter().cloned().collect::<Vec<_>>());
            let both: Vec<String> = all.intersection(&other).cloned().collect();
            assert_eq!(sorted(rdd.intersection(&other_rdd, to).collect().unwrap()), both);
            let rest: Vec<String> = words.iter().filter(|word| !other.contains(*word)).cloned().collect();
            assert_eq!(sorted(rdd.subtract(&other_rdd, 0).collect().unwrap()), sorted(rest));
            let up = sorted(words.clone());
            assert_eq!(rdd.sort_by(|word| word.clone(), true, to).unwrap().collect().unwrap(), up);
            let down: Vec<String> = up.iter().rev().cloned().collect();
            assert_eq!(rdd.sort_by(|word| word.clone(), false, to).unwrap().collect().unwrap(), down);
            assert_eq!(rdd.take_ordered(20).unwrap(), up[..up.len().min(20)]);
            assert_eq!(rdd.top(20).unwrap(), down[..down.len().min(20)]);
            assert_eq!(sorted(rdd.repartition(to).collect().unwrap()), up);
            let indexed = rdd.zip_with_index().unwrap().collect().unwrap();
            assert_eq!(indexed, words.into_iter().zip(0..).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_pipeline_of_many_operations_agrees() {
    on_both(|sc| {
        for (mut random, count, _, from, to) in shapes(4) {
            let lines: Vec<String> =
                (0..count).map(|_| (0..5).map(|_| random.word(2)).collect::<Vec<_>>().join(" ")).collect();
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            for word in lines.iter().flat_map(|line| line.split(' ')).filter(|word| !word.is_empty()) {
                *expected.entry(word.to_owned()).or_default() += 1;
            }
            let mut ranked: Vec<(i64, String)> =
                expected.into_iter().map(|(word, count)| (-count, word)).collect();
            ranked.sort();
            let counts = sc
                .parallelize(lines, from)
                .flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
                .filter(|word| !word.is_empty())
                .map(|word| (word, 1))
                .reduce_by_key(|a, b| a + b, to)
                .map(|(word, count)| (-count, word))
                .sort_by(|ranked| ranked.clone(), true, to)
                .unwrap()
                .coalesce(2);
            assert_eq!(counts.collect().unwrap(), ranked);
        }
    });
}
