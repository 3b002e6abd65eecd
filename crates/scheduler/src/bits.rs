//! A dense set of small numbers: which partitions are done, which are pending. Spark: arrays of `Boolean`.

/// A subset of `0..len`, one bit each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    count: u32,
}

impl Bits {
    /// The empty subset of `0..len`.
    pub(crate) fn new(len: u32) -> Self {
        Self { words: vec![0; (len as usize).div_ceil(64)], count: 0 }
    }

    /// How many numbers are in it.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Whether `at` is in it.
    pub(crate) fn contains(&self, at: u32) -> bool {
        self.words.get(at as usize / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// Puts `at` in; says whether it was new.
    pub(crate) fn insert(&mut self, at: u32) -> bool {
        let Some(word) = self.words.get_mut(at as usize / 64) else { return false };
        let new = *word & (1 << (at % 64)) == 0;
        *word |= 1 << (at % 64);
        self.count += u32::from(new);
        new
    }

    /// Takes `at` out; says whether it was there.
    pub(crate) fn remove(&mut self, at: u32) -> bool {
        let Some(word) = self.words.get_mut(at as usize / 64) else { return false };
        let was = *word & (1 << (at % 64)) != 0;
        *word &= !(1 << (at % 64));
        self.count -= u32::from(was);
        was
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_in_and_ignores_what_is_out_of_range() {
        let mut bits = Bits::new(70);
        assert!(bits.insert(0) && bits.insert(69) && !bits.insert(69) && !bits.insert(500));
        assert_eq!((bits.count(), bits.contains(69), bits.contains(68)), (2, true, false));
        assert!(bits.remove(69) && !bits.remove(69));
        bits.clear();
        assert_eq!((bits.count(), bits.contains(0)), (0, false));
    }
}
