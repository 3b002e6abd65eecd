//! Random samples, the same for the same seed. Spark: `PartitionwiseSampledRDD`, `BernoulliSampler`, `PoissonSampler`.
//!
//! Which records a seed chooses differs from Spark's choice.

use hearth_storage::Data;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::{Rdd, origin};
use crate::error::Result;
use crate::node::{Origin, Records};
use crate::task::TaskContext;

/// With or without putting back what was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Replacement {
    /// A record can be drawn several times.
    With,
    /// A record is drawn at most once.
    Without,
}

impl<T: Data> Rdd<T> {
    /// About `fraction` of the records: each with that probability, or (with replacement) that often on average.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let count = sc.range(0, 10_000, 1, 4).sample(Replacement::Without, 0.1, 42).count()?;
    /// assert!((900..1_100).contains(&count));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A fraction that is negative, not finite, or above 1 without replacement is an error, which the first action gives.
    ///
    /// Spark: `RDD.sample`
    #[track_caller]
    pub fn sample(&self, replacement: Replacement, fraction: f64, seed: u64) -> Rdd<T> {
        self.sampled(origin("sample"), replacement, fraction, seed)
    }

    /// Just `count` random records (fewer only if there are fewer), on the driver, in random order.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 100, 1, 4).take_sample(Replacement::Without, 7, 1)?.len(), 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.takeSample`
    #[track_caller]
    pub fn take_sample(&self, replacement: Replacement, count: usize, seed: u64) -> Result<Vec<T>> {
        let at = origin("takeSample");
        let total = self.on_all(at, (), |(), _, records| records.count() as u64)?.into_iter().sum::<u64>();
        if count == 0 || total == 0 {
            return Ok(Vec::new());
        }
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        if replacement == Replacement::Without && count as u64 >= total {
            let mut all = self.collect_at(at)?;
            shuffle(&mut all, &mut random);
            return Ok(all);
        }
        let fraction = fraction_for(count, total, replacement);
        let mut seed = seed;
        loop {
            // A draw that falls short is so unlikely that drawing again costs nothing on average.
            let mut drawn = self.sampled(at, replacement, fraction, seed).collect_at(at)?;
            if drawn.len() >= count {
                shuffle(&mut drawn, &mut random);
                drawn.truncate(count);
                return Ok(drawn);
            }
            seed = random.next_u64();
        }
    }

    fn sampled(&self, at: Origin, replacement: Replacement, fraction: f64, seed: u64) -> Rdd<T> {
        if !fraction.is_finite() || fraction < 0.0 || (replacement == Replacement::Without && fraction > 1.0)
        {
            let allowed = match replacement {
                Replacement::With => "Sampling fraction must be nonnegative and finite with replacement",
                Replacement::Without => "Sampling fraction must be on interval [0, 1] without replacement",
            };
            return self.invalid(at, &format!("{allowed}, not {fraction}"));
        }
        let made = self.narrow_by_position(
            at,
            (replacement, fraction, seed),
            |state, split, records| -> Records<T> {
                let (replacement, fraction, seed) = **state;
                let mut random = Pcg64Mcg::seed_from_u64(seed ^ (u64::from(split) << 32 | 0x5eed));
                match replacement {
                    Replacement::Without => {
                        Records::new(records.filter(move |_| unit(&mut random) < fraction))
                    }
                    Replacement::With => {
                        // One record may be drawn so often that its source is not asked for another one for hours.
                        let task = TaskContext::current("sample");
                        let drawing = task.clone();
                        let drawn = records.flat_map(move |record| {
                            let times = poisson(fraction, &mut random, || drawing.check_interrupted());
                            std::iter::repeat_n(record, times)
                        });
                        Records::new(drawn.inspect(move |_| task.check_interrupted()))
                    }
                }
            },
        );
        self.keeping_partitioner(made)
    }
}

/// A random sample of at most `size` items and the number of all. Spark: `SamplingUtils.reservoirSampleAndCount`.
pub(crate) fn reservoir<T>(items: impl Iterator<Item = T>, size: usize, seed: u64) -> (Vec<T>, u64) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (mut kept, mut seen) = (Vec::new(), 0u64);
    for item in items {
        seen += 1;
        if kept.len() < size {
            kept.push(item);
        } else if let Some(slot) = kept.get_mut((random.next_u64() % seen) as usize) {
            *slot = item;
        }
    }
    (kept, seen)
}

/// A fraction that gives at least `count` of `total` with a probability of 99.99 %.
/// Spark: `SamplingUtils.computeFractionForSampleSize`.
fn fraction_for(count: usize, total: u64, replacement: Replacement) -> f64 {
    let (wanted, total) = (count as f64, total as f64);
    match replacement {
        Replacement::With => {
            let deviations = if wanted < 6.0 {
                12.0
            } else if wanted < 16.0 {
                9.0
            } else {
                6.0
            };
            (wanted + deviations * wanted.sqrt()).max(1.0) / total
        }
        Replacement::Without => {
            let fraction = wanted / total;
            let gamma = -(1e-4f64.ln()) / total;
            (fraction + gamma + (gamma * gamma + 2.0 * gamma * fraction).sqrt()).min(1.0)
        }
    }
}

/// Uniform on [0, 1).
fn unit(random: &mut Pcg64Mcg) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// How often something happens that happens `mean` times on average. Large means are summed from smaller ones, before
/// each of which `check` may end it.
fn poisson(mean: f64, random: &mut Pcg64Mcg, check: impl Fn()) -> usize {
    let (mut left, mut count) = (mean, 0);
    while left > 0.0 {
        check();
        let step = left.min(30.0);
        let limit = (-step).exp();
        let mut product = unit(random);
        while product > limit {
            count += 1;
            product *= unit(random);
        }
        left -= step;
    }
    count
}

fn shuffle<T>(items: &mut [T], random: &mut Pcg64Mcg) {
    for at in (1..items.len()).rev() {
        items.swap(at, (random.next_u64() % (at as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservoir_keeps_each_item_about_equally_often() {
        let mut often = [0u32; 10];
        for seed in 0..5_000 {
            let (kept, seen) = reservoir(0..10, 3, seed);
            assert_eq!((kept.len(), seen), (3, 10));
            kept.into_iter().for_each(|item: usize| often[item] += 1);
        }
        assert!(often.iter().all(|&times| (1_300..1_700).contains(&times)), "{often:?}");
    }

    #[test]
    fn poisson_has_its_mean() {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        for mean in [0.0, 0.3, 4.0, 75.0] {
            let sum: usize = (0..10_000).map(|_| poisson(mean, &mut random, || ())).sum();
            assert!((sum as f64 / 10_000.0 - mean).abs() <= 0.05 * mean + 1e-9, "{mean}");
        }
    }
}
