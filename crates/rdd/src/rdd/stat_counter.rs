//! Statistics of numbers, gathered in one pass and merged. Spark: `StatCounter`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Count, mean, variance, least and greatest of numbers, gathered in one pass. Spark: `StatCounter`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatCounter {
    count: u64,
    mean: f64,
    /// Sum of the squares of the differences from the mean.
    squares: f64,
    min: f64,
    max: f64,
}

/// Of no numbers.
impl Default for StatCounter {
    fn default() -> Self {
        Self { count: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl StatCounter {
    /// The statistics of both.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let (left, right) = (StatCounter::default().with(1.0), StatCounter::default().with(3.0));
    /// assert_eq!(left.merged(right).mean(), 2.0);
    /// ```
    ///
    /// Spark: `StatCounter.merge`
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        if other.count == 0 {
            return self;
        }
        if self.count == 0 {
            return other;
        }
        let (left, right) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        Self {
            count: self.count + other.count,
            mean: (self.mean * left + other.mean * right) / (left + right),
            squares: self.squares + other.squares + delta * delta * left * right / (left + right),
            min: least(self.min, other.min),
            max: greatest(self.max, other.max),
        }
    }

    /// Takes one number in.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = StatCounter::default().with(1.0).with(2.0);
    /// assert_eq!(stats.mean(), 1.5);
    /// ```
    ///
    /// Spark: `merge` of one number
    #[must_use]
    pub fn with(mut self, value: f64) -> Self {
        let delta = value - self.mean;
        self.count += 1;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
        self.min = least(self.min, value);
        self.max = greatest(self.max, value);
        self
    }

    /// How many numbers.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = [1.0, 2.0, 6.0].into_iter().fold(StatCounter::default(), StatCounter::with);
    /// assert_eq!(stats.count(), 3);
    /// ```
    ///
    /// Spark: `StatCounter.count`
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 of none.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = [1.0, 2.0, 6.0].into_iter().fold(StatCounter::default(), StatCounter::with);
    /// assert_eq!(stats.mean(), 3.0);
    /// ```
    ///
    /// Spark: `StatCounter.mean`
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Their sum.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = [1.0, 2.0, 6.0].into_iter().fold(StatCounter::default(), StatCounter::with);
    /// assert_eq!(stats.sum(), 9.0);
    /// ```
    ///
    /// Spark: `StatCounter.sum`
    pub fn sum(&self) -> f64 {
        self.mean * self.count as f64
    }

    /// The least; infinity of none.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = [1.0, 2.0, 6.0].into_iter().fold(StatCounter::default(), StatCounter::with);
    /// assert_eq!(stats.min(), 1.0);
    /// ```
    ///
    /// Spark: `StatCounter.min`
    pub fn min(&self) -> f64 {
        self.min
    }

    /// The greatest; minus infinity of none.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = [1.0, 2.0, 6.0].into_iter().fold(StatCounter::default(), StatCounter::with);
    /// assert_eq!(stats.max(), 6.0);
    /// ```
    ///
    /// Spark: `StatCounter.max`
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The variance of these numbers as a whole population; NaN of none.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = StatCounter::default().with(1.0).with(3.0);
    /// assert_eq!(stats.variance(), 1.0);
    /// ```
    ///
    /// Spark: `StatCounter.variance`, `StatCounter.popVariance`
    pub fn variance(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.squares / self.count as f64 }
    }

    /// The variance of the population that these numbers are a sample of; NaN of fewer than two.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = StatCounter::default().with(1.0).with(3.0);
    /// assert_eq!(stats.sample_variance(), 2.0);
    /// ```
    ///
    /// Spark: `StatCounter.sampleVariance`
    pub fn sample_variance(&self) -> f64 {
        if self.count <= 1 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// The square root of `variance`.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = StatCounter::default().with(1.0).with(3.0);
    /// assert_eq!(stats.stdev(), 1.0);
    /// ```
    ///
    /// Spark: `StatCounter.stdev`, `StatCounter.popStdev`
    pub fn stdev(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The square root of `sample_variance`.
    ///
    /// ```
    /// # use hearth::StatCounter;
    /// let stats = StatCounter::default().with(1.0).with(3.0);
    /// assert_eq!(stats.sample_stdev(), 2.0f64.sqrt());
    /// ```
    ///
    /// Spark: `StatCounter.sampleStdev`
    pub fn sample_stdev(&self) -> f64 {
        self.sample_variance().sqrt()
    }
}

/// As Spark prints it.
impl fmt::Display for StatCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, mean, min, max, .. } = self;
        write!(
            f,
            "(count: {count}, mean: {mean:.6}, stdev: {:.6}, max: {max:.6}, min: {min:.6})",
            self.stdev()
        )
    }
}

/// As Java's `Math.min`: NaN if either is.
fn least(left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { left.min(right) }
}

/// As Java's `Math.max`: NaN if either is.
fn greatest(left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { left.max(right) }
}
