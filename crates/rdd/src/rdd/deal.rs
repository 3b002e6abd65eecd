//! Dealing records round, so that each goes to the same partition when it is dealt again.
//!
//! Spark: `RDD.coalesce` with a shuffle, and `spark.sql.execution.sortBeforeRepartition` for the order.

use hearth_storage::{Data, codec, hash_key};
use serde::{Deserialize, Serialize};

use crate::failure::OrThrow;
use crate::node::Records;
use crate::partitioner::Partitioner;
use crate::task::TaskContext;

/// Sends running numbers round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dealt {
    pub(super) partitions: u32,
}

impl Partitioner<u32> for Dealt {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn partition(&self, key: &u32) -> u32 {
        key % self.partitions
    }
}

/// The records with running numbers.
///
/// Each partition starts at another place, so that many small ones do not all fill the first of the new ones.
pub(super) fn number<T>(split: u32, records: Records<T>) -> impl Iterator<Item = (u32, T)> {
    let start = split.wrapping_mul(0x9E37_79B9) >> 1;
    records.enumerate().map(move |(n, record)| (start.wrapping_add(n as u32), record))
}

/// The same records in an order that does not depend on the order in which they come.
pub(super) fn in_own_order<T: Data>(records: Records<T>) -> Records<T> {
    let mut bytes = Vec::new();
    let digested = records.map(move |record| (digest(&record, &mut bytes), record));
    let sorted = TaskContext::current("repartition").sort(digested, true);
    Records::new(sorted.map(|(_, record)| record))
}

/// 128 bits of what a record is, so that two that share them are the same one for all that matters, and may change places.
fn digest<T: Data>(record: &T, bytes: &mut Vec<u8>) -> (u64, u64) {
    const SALT: u64 = 0x6465_616c;
    bytes.clear();
    codec::encode(record, bytes).or_throw();
    (hash_key(&bytes[..]), hash_key(&(SALT, &bytes[..])))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_digest_is_of_the_record_alone() {
        let mut bytes = b"of a record before".to_vec();
        let first = digest(&(7u64, "seven".to_owned()), &mut bytes);
        assert_eq!(digest(&(7u64, "seven".to_owned()), &mut Vec::new()), first);
        assert_ne!(first.0, first.1, "two hashes, not one twice");
        let digests: BTreeSet<_> = (0..10_000u64).map(|n| digest(&n, &mut bytes)).collect();
        assert_eq!(digests.len(), 10_000);
    }

    #[test]
    fn partitions_of_one_record_go_to_different_places() {
        let place = |split| number(split, Records::new(std::iter::once(()))).map(|(n, ())| n % 16).next();
        let places: BTreeSet<_> = (0..16).map(place).collect();
        assert!(places.len() >= 12, "{places:?}");
    }
}
