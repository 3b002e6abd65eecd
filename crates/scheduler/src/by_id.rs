//! Maps whose keys are numbers that the driver hands out. Spark: `HashMap[String, …]` and friends.
//!
//! A lookup costs one probe however many entries there are, and nothing of it is random: ids count up from 0, so one
//! multiplication spreads them, and nobody outside chooses them. The order is that of arrival until something is
//! removed, so whoever needs the order of ids sorts.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexMap;

/// A map by id.
pub(crate) type ById<K, V> = IndexMap<K, V, BuildHasherDefault<IdHasher>>;

/// Spreads numbers that are near each other over the whole range.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHasher(u64);

/// 2^64 divided by the golden ratio, and odd.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use hearth_types::ExecutorId;

    use super::*;

    #[test]
    fn the_first_five_thousand_ids_fall_into_different_places() {
        let mask = 8_191;
        let place = |id: u32| {
            let mut hasher = IdHasher::default();
            std::hash::Hash::hash(&ExecutorId(id), &mut hasher);
            hasher.finish() & mask
        };
        let places: std::collections::BTreeSet<u64> = (0..5_000).map(place).collect();
        assert_eq!(places.len(), 5_000);
    }
}
