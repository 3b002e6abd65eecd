//! The keys of an aggregator with their combiners, in as few bytes as they need.
//!
//! Most of the time of an aggregation goes into fetching slots from memory. So a slot holds a key and its combiner and
//! nothing else: the hash is computed again where it is asked for, once per key, and not once per record.

use std::hash::Hash;
use std::mem::{replace, size_of};

use hashbrown::HashTable;

use crate::hash_key;

/// Keys and combiners.
pub(super) struct Slots<K, C> {
    table: HashTable<(K, C)>,
    first: Option<First<K, C>>,
    /// Grows with every change that may move slots.
    generation: u64,
}

/// The first key that came, which is not in the table. A merge takes a combiner and gives one back, and something must be
/// in its place meanwhile: this key lends its own. An `Option` in each slot would cost 8 bytes more for a number.
struct First<K, C> {
    hash: u64,
    key: K,
    /// Empty only while it is merged or lent.
    combiner: Option<C>,
}

/// Where a key has its slot.
#[derive(Clone, Copy)]
pub(super) enum Place {
    First,
    InTable(usize),
}

/// A key and its combiner, with the hash.
pub(super) type Hashed<K, C> = (u64, K, C);

impl<K, C> Slots<K, C> {
    pub(super) fn new() -> Self {
        Self { table: HashTable::new(), first: None, generation: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len() + usize::from(self.first.is_some())
    }

    /// Everything; what is left is empty.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self { generation: self.generation + 1, ..Self::new() };
        replace(self, empty)
    }
}

impl<K: Hash + Eq, C> Slots<K, C> {
    /// Places that were found at another generation are wrong.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// `hash` must be that of `key`, here and below.
    #[inline]
    pub(super) fn find(&self, hash: u64, key: &K) -> Option<Place> {
        match self.table.find_bucket_index(hash, |(known, _)| known == key) {
            Some(at) => Some(Place::InTable(at)),
            None => self
                .first
                .as_ref()
                .filter(|first| first.hash == hash && first.key == *key)
                .map(|_| Place::First),
        }
    }

    /// Replaces the combiner at `place`.
    #[inline]
    pub(super) fn update(&mut self, place: Place, merge: impl FnOnce(C) -> C) {
        let Some(first) = &mut self.first else { return };
        let Some(lent) = first.combiner.take() else { return };
        first.combiner = Some(match place {
            Place::First => merge(lent),
            Place::InTable(at) => match self.table.get_bucket_mut(at) {
                Some((_, combiner)) => {
                    let before = replace(combiner, lent);
                    replace(combiner, merge(before))
                }
                None => lent,
            },
        });
    }

    /// Adds a key that is not there.
    pub(super) fn insert(&mut self, hash: u64, key: K, combiner: C) {
        self.generation += 1;
        if self.first.is_none() {
            self.first = Some(First { hash, key, combiner: Some(combiner) });
        } else {
            self.table.insert_unique(hash, (key, combiner), |(key, _)| hash_key(key));
        }
    }

    /// Whether the next key makes the table grow.
    pub(super) fn is_full(&self) -> bool {
        self.table.len() == self.table.capacity()
    }

    /// Bytes of the table; what keys and combiners point to not counted.
    pub(super) fn size(&self) -> usize {
        self.table.allocation_size()
    }

    /// Bytes of the table after it has grown.
    pub(super) fn size_when_grown(&self) -> usize {
        self.table.capacity().max(4) * 2 * 8 / 7 * (size_of::<(K, C)>() + 1)
    }

    /// All keys, in no particular order.
    pub(super) fn into_hashed(self) -> impl Iterator<Item = Hashed<K, C>> {
        let first = self.first.and_then(|first| Some((first.hash, first.key, first.combiner?)));
        first.into_iter().chain(self.table.into_iter().map(|(key, combiner)| (hash_key(&key), key, combiner)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(words: &[&str]) -> Slots<String, u32> {
        let mut slots = Slots::new();
        for word in words {
            let key = (*word).to_owned();
            let hash = hash_key(&key);
            match slots.find(hash, &key) {
                Some(place) => slots.update(place, |count| count + 1),
                None => slots.insert(hash, key, 1),
            }
        }
        slots
    }

    #[test]
    fn the_first_key_is_as_any_other() {
        let slots = counted(&["b", "a", "b", "c", "a", "b"]);
        assert_eq!(slots.len(), 3);
        let mut found: Vec<_> = slots
            .into_hashed()
            .map(|(hash, key, count)| (key.clone(), count, hash == hash_key(&key)))
            .collect();
        found.sort();
        assert_eq!(found, [("a".into(), 2, true), ("b".into(), 3, true), ("c".into(), 1, true)]);
    }

    #[test]
    fn a_place_is_of_another_generation_after_an_insert_and_after_all_was_taken() {
        let mut slots = counted(&["a"]);
        let at_first = slots.generation();
        slots.insert(hash_key("b"), "b".to_owned(), 1);
        let then = slots.generation();
        assert_ne!(at_first, then);
        assert_eq!(slots.take().len(), 2);
        assert!(slots.is_empty());
        assert!(![at_first, then].contains(&slots.generation()));
    }
}
