//! What a partition contains, and of which outputs it was made.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_types::ShuffleId;

use crate::random::mix;

/// The content of a partition, of a map output, or of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Mixed from its identity and from all that was read: the same each time.
    pub number: u64,
    /// What else tells it from another attempt's.
    pub made_of: MadeOf,
}

/// The outputs of shuffles that vary of which something was made, directly or through others: shuffle, map, and what the
/// output summed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeOf {
    outputs: Arc<BTreeMap<(ShuffleId, u32), u64>>,
    mixed: Option<(ShuffleId, u32)>,
}

impl Content {
    /// Made of nothing that varies.
    pub fn of(number: u64) -> Self {
        Self { number, made_of: MadeOf::default() }
    }
}

impl MadeOf {
    /// What other things were made of belongs to this, too.
    pub fn add(&mut self, other: &Self) {
        self.mixed = self.mixed.or(other.mixed);
        if self.outputs.is_empty() {
            self.outputs = Arc::clone(&other.outputs);
        } else if !Arc::ptr_eq(&self.outputs, &other.outputs) {
            other.outputs.iter().for_each(|((shuffle, map), sum)| self.add_output(*shuffle, *map, *sum));
        }
    }

    /// One more output.
    pub fn add_output(&mut self, shuffle: ShuffleId, map: u32, sum: u64) {
        if *Arc::make_mut(&mut self.outputs).entry((shuffle, map)).or_insert(sum) != sum {
            self.mixed = self.mixed.or(Some((shuffle, map)));
        }
    }

    /// An output that was there in two ways, both of which are in this.
    pub fn mixed(&self) -> Option<(ShuffleId, u32)> {
        self.mixed
    }

    /// A number for all of it.
    pub fn sum(&self, seed: u64) -> u64 {
        self.outputs.iter().fold(seed, |sum, ((shuffle, map), output)| {
            mix(mix(sum, u64::from(shuffle.0) << 32 | u64::from(*map)), *output)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_of_one_output_do_not_go_together() {
        let mut one = MadeOf::default();
        one.add_output(ShuffleId(0), 1, 7);
        one.add_output(ShuffleId(0), 2, 8);
        let mut same = one.clone();
        same.add(&one);
        assert_eq!((same.mixed(), same.sum(0)), (None, one.sum(0)));
        let mut other = MadeOf::default();
        other.add_output(ShuffleId(0), 1, 9);
        assert_ne!(other.sum(0), one.sum(0));
        other.add(&one);
        assert_eq!(other.mixed(), Some((ShuffleId(0), 1)));
        let mut all = MadeOf::default();
        all.add(&other);
        assert_eq!(all.mixed(), other.mixed());
    }
}
