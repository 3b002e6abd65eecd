//! The one source of chance. Everything random in a run comes from here, so that a seed is a whole story.

use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A seeded generator with the few questions that the simulator asks.
#[derive(Clone, Debug)]
pub struct Random(Pcg64Mcg);

impl Random {
    /// A generator for one purpose: equal seeds of different purposes give unrelated numbers.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(mix(seed, purpose)))
    }

    /// A number from 0 to `end - 1`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// The same for counts.
    pub fn count(&mut self, low: u32, high: u32) -> u32 {
        self.between(u64::from(low), u64::from(high)) as u32
    }

    /// True with so many chances in a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1_000) < u64::from(per_mille)
    }

    /// One of the items.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// A duration from zero to `most`.
    pub fn up_to(&mut self, most: Duration) -> Duration {
        Duration::from_micros(self.between(0, most.as_micros() as u64))
    }

    /// A duration around `mean`: half to one and a half of it, rarely five times as long.
    pub fn around(&mut self, mean: Duration) -> Duration {
        let micros = mean.as_micros() as u64;
        let near = self.between(micros / 2, micros + micros / 2).max(1);
        Duration::from_micros(if self.chance(60) { near * 5 } else { near })
    }

    /// A size whose logarithm is even: small ones are as likely as large ones.
    pub fn log_uniform(&mut self, low: u64, high: u64) -> u64 {
        let doublings = (high / low.max(1)).max(1).ilog2();
        let base = low << self.below(u64::from(doublings) + 1);
        self.between(base, (base * 2).min(high).max(base))
    }
}

/// Mixes two numbers into one that tells them, and their order, apart.
pub const fn mix(left: u64, right: u64) -> u64 {
    let mut mixed = left.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ right;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
