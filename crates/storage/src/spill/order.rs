//! Sorts by a key. Spark: `UnsafeInMemorySorter`.

use std::cmp::Ordering;

use crate::sort_prefix;

/// Records by their keys, ascending or descending.
#[derive(Clone)]
pub(super) struct KeyOrder<F> {
    key: F,
    is_ascending: bool,
}

/// The prefix of a key, and where its record is.
type Prefixed = (u64, u32);

impl<F> KeyOrder<F> {
    pub(super) fn new(key: F, is_ascending: bool) -> Self {
        Self { key, is_ascending }
    }

    #[inline]
    pub(super) fn compare<T, K: Ord>(&self, left: &T, right: &T) -> Ordering
    where
        F: Fn(&T) -> &K,
    {
        self.directed((self.key)(left).cmp((self.key)(right)))
    }

    /// Sorts records; equal ones keep their order. Keys with a prefix are compared by that, which saves nearly every look
    /// at a key, and each record moves only once.
    pub(super) fn sort<T, K: Ord + 'static>(&self, records: &mut [T])
    where
        F: Fn(&T) -> &K,
    {
        match self.places(records) {
            Some(mut places) => {
                places.sort_unstable_by(|left, right| {
                    let full = || self.compare(&records[left.1 as usize], &records[right.1 as usize]);
                    self.directed(left.0.cmp(&right.0)).then_with(full).then(left.1.cmp(&right.1))
                });
                arrange(records, &mut places);
            }
            None => records.sort_by(|left, right| self.compare(left, right)),
        }
    }

    /// The prefixes of all records, if their keys have some.
    fn places<T, K: 'static>(&self, records: &[T]) -> Option<Vec<Prefixed>>
    where
        F: Fn(&T) -> &K,
    {
        let count = u32::try_from(records.len()).ok()?;
        let mut places = Vec::with_capacity(records.len());
        for (record, at) in records.iter().zip(0..count) {
            places.push((sort_prefix((self.key)(record))?, at));
        }
        Some(places)
    }

    /// How many bytes `sort` needs at most for so many records beside the records.
    pub(super) fn scratch<T>(records: usize) -> usize {
        records * size_of::<Prefixed>().max(size_of::<T>() / 2)
    }

    #[inline]
    fn directed(&self, ordering: Ordering) -> Ordering {
        if self.is_ascending { ordering } else { ordering.reverse() }
    }
}

/// Puts the records into the order of `places`.
fn arrange<T>(records: &mut [T], places: &mut [Prefixed]) {
    for at in 0..records.len() {
        // What was here may have moved already, to where its successor came from.
        let mut from = places[at].1;
        while (from as usize) < at {
            from = places[from as usize].1;
        }
        places[at].1 = from;
        records.swap(at, from as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn first(record: &(String, usize)) -> &String {
        &record.0
    }

    fn whole<T>(record: &T) -> &T {
        record
    }

    fn sorted(mut records: Vec<(String, usize)>, is_ascending: bool) -> Vec<(String, usize)> {
        KeyOrder::new(first, is_ascending).sort(&mut records);
        records
    }

    #[test]
    fn text_sorts_as_the_standard_library_does_whatever_its_length_and_bytes() {
        let mut random = Random::new(9);
        let letters = ["\0", "a", "b", "\u{7f}", "é", "\u{10ffff}"];
        let text = |random: &mut Random| {
            (0..random.below(14)).map(|_| letters[random.below(6) as usize]).collect::<String>()
        };
        let records: Vec<_> = (0..20_000).map(|at| (text(&mut random), at)).collect();
        let mut up = records.clone();
        up.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(sorted(records.clone(), true), up);
        let mut down = records.clone();
        down.sort_by(|left, right| right.0.cmp(&left.0));
        assert_eq!(sorted(records, false), down);
    }

    #[test]
    fn keys_with_an_order_of_their_own_keep_it() {
        let mut records = ["b", "a", "c"].map(|text| std::cmp::Reverse(text.to_owned()));
        KeyOrder::new(whole, true).sort(&mut records);
        assert_eq!(records.iter().map(|key| key.0.as_str()).collect::<String>(), "cba");
    }

    #[test]
    fn nothing_and_one_record_are_sorted() {
        assert!(sorted(Vec::new(), true).is_empty());
        assert_eq!(sorted(vec![(String::new(), 1)], false), [(String::new(), 1)]);
    }
}
