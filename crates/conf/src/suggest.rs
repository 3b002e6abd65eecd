//! The known key that a mistyped key most probably means.

use crate::registry::{families, topics};
use crate::spark_keys::spark_keys;

/// The nearest known key, unless even that one is far away.
pub(crate) fn nearest(key: &str) -> Option<&'static str> {
    let honoured = topics().into_iter().flat_map(|topic| topic.entries).map(|entry| entry.key());
    let sparks = spark_keys().iter().filter(|known| known.public).map(|known| known.key);
    let exact = honoured.chain(sparks).map(|known| (distance(key, known), known));
    let exact = exact.filter(|(distance, _)| *distance <= (tail(key).len() / 3).max(2));
    let open =
        families().iter().filter_map(|family| Some((family_distance(key, family.pattern)?, family.pattern)));
    // Honoured keys come first, so that among equally near keys the suggestion is one that works.
    exact.chain(open).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// How far the beginning of `key` is from that of a family's keys, unless a third of it differs.
fn family_distance(key: &str, pattern: &str) -> Option<usize> {
    let head = pattern.strip_suffix(".*").filter(|head| !head.contains('*'))?;
    let (last_dot, _) = key.match_indices('.').nth(head.matches('.').count())?;
    let distance = distance(&key[..last_dot], head);
    (distance <= tail(head).len() / 3).then_some(distance)
}

/// What follows `spark.`, which all keys share.
fn tail(key: &str) -> &str {
    key.strip_prefix("spark.").unwrap_or(key)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other; case does not count.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.to_lowercase().chars().collect();
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, r) in right.iter().enumerate() {
            let mut cost = (last[j] + usize::from(l != r)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *l == right[j - 1] && left[i - 1] == *r {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_neighbours_is_one_step() {
        assert_eq!(distance("memroy", "memory"), 1);
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("MaxFailures", "maxfailures"), 0);
    }

    #[test]
    fn a_mistyped_key_finds_its_neighbour() {
        for (typed, meant) in [
            ("spark.executor.memroy", "spark.executor.memory"),
            ("spark.executor.core", "spark.executor.cores"),
            ("spark.executors.instances", "spark.executor.instances"),
            ("spark.task.maxFailure", "spark.task.maxFailures"),
            ("spark.dynamicallocation.enabled", "spark.dynamicAllocation.enabled"),
            ("spark.speculaton", "spark.speculation"),
            ("spark.hearth.shuffle.maxInMemory", "spark.hearth.shuffle.maxInMemorySize"),
            ("spark.executorenv.PATH", "spark.executorEnv.*"),
        ] {
            assert_eq!(nearest(typed), Some(meant), "{typed}");
        }
    }

    #[test]
    fn a_key_that_resembles_nothing_has_no_neighbour() {
        assert_eq!(nearest("spark.acme.billing.region"), None);
    }
}
