//! Numbers: sum, mean, statistics, histogram. Spark: `DoubleRDDFunctions`.

use hearth_storage::Data;

use super::{Rdd, StatCounter, origin};
use crate::context::bad_argument;
use crate::error::{Error, Result};
use crate::node::Origin;

/// A record that statistics can read as a real number. Spark: the implicit conversion to `DoubleRDDFunctions`.
pub trait Numeric: Data {
    /// The nearest real number.
    fn to_f64(&self) -> f64;
}

macro_rules! numeric {
    ($($number:ty),*) => {
        $(impl Numeric for $number {
            fn to_f64(&self) -> f64 {
                *self as f64
            }
        })*
    };
}

numeric!(f64, f32, i8, i16, i32, i64, u8, u16, u32, u64, usize, isize);

/// How many numbers lie between each two neighbours of `buckets`; the last bucket holds its upper end too.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The borders, ascending: one more than counts.
    pub buckets: Vec<f64>,
    /// Numbers in each bucket.
    pub counts: Vec<u64>,
}

impl<T: Numeric> Rdd<T> {
    /// The sum, as a real number.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 3, 4], 2).sum()?, 10.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `DoubleRDDFunctions.sum`
    #[track_caller]
    pub fn sum(&self) -> Result<f64> {
        let parts =
            self.on_all(origin("sum"), (), |(), _, records| records.fold(0.0, |sum, n| sum + n.to_f64()))?;
        // Not `sum`, which makes -0.0 of nothing.
        Ok(parts.into_iter().fold(0.0, |sum, part| sum + part))
    }

    /// The mean; 0 of no numbers.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize([1, 2, 6], 2).mean()?, 3.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `DoubleRDDFunctions.mean`
    #[track_caller]
    pub fn mean(&self) -> Result<f64> {
        Ok(self.stats_at(origin("mean"))?.mean())
    }

    /// Count, mean, variance, least and greatest in one pass.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let stats = sc.parallelize([1.0, 2.0, 3.0], 2).stats()?;
    /// assert_eq!(stats.to_string(), "(count: 3, mean: 2.000000, stdev: 0.816497, max: 3.000000, min: 1.000000)");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `DoubleRDDFunctions.stats`
    #[track_caller]
    pub fn stats(&self) -> Result<StatCounter> {
        self.stats_at(origin("stats"))
    }

    /// Counts in so many buckets of equal width between the least and the greatest number.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let histogram = sc.range(0, 51, 1, 2).histogram(2)?;
    /// assert_eq!((histogram.buckets, histogram.counts), (vec![0.0, 25.0, 50.0], vec![25, 26]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// No buckets, no numbers, or a number that is infinite or NaN; the job was aborted or cancelled.
    ///
    /// Spark: `DoubleRDDFunctions.histogram`
    #[track_caller]
    pub fn histogram(&self, buckets: u32) -> Result<Histogram> {
        let at = origin("histogram");
        if buckets == 0 {
            return Err(bad_argument("histogram", "needs at least one bucket"));
        }
        let stats = self.stats_at(at)?;
        if stats.count() == 0 {
            return Err(Error::EmptyCollection);
        }
        let (min, max) = (stats.min(), stats.max());
        if !(min.is_finite() && max.is_finite()) {
            return Err(bad_argument(
                "histogram",
                "Histogram on either an empty RDD or RDD containing +/-infinity or NaN",
            ));
        }
        let borders = if min == max {
            vec![min, max]
        } else {
            // Multiplied before it is divided, as in Spark: the sixth of ten borders between 0 and 1 is then 0.6.
            let (steps, range) = (f64::from(buckets), max - min);
            (0..buckets).map(|at| min + f64::from(at) * range / steps).chain([max]).collect()
        };
        self.histogram_at(at, borders)
    }

    /// Counts between given borders, ascending.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let ages = sc.parallelize([3, 17, 18, 40, 65, 90], 2);
    /// assert_eq!(ages.histogram_of(&[0.0, 18.0, 65.0])?.counts, [2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Fewer than two borders, or not ascending; the job was aborted or cancelled.
    ///
    /// Spark: `DoubleRDDFunctions.histogram` with buckets
    #[track_caller]
    pub fn histogram_of(&self, borders: &[f64]) -> Result<Histogram> {
        let at = origin("histogram");
        if borders.len() < 2 || !borders.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(bad_argument(
                "histogram",
                "buckets array must have at least two elements, ascending",
            ));
        }
        self.histogram_at(at, borders.to_vec())
    }

    fn stats_at(&self, at: Origin) -> Result<StatCounter> {
        let parts = self.on_all(at, (), |(), _, records| {
            records.fold(StatCounter::default(), |stats, number| stats.with(number.to_f64()))
        })?;
        Ok(parts.into_iter().fold(StatCounter::default(), StatCounter::merged))
    }

    fn histogram_at(&self, at: Origin, buckets: Vec<f64>) -> Result<Histogram> {
        let parts = self.on_all(at, buckets.clone(), |buckets, _, records| {
            let mut counts = vec![0u64; buckets.len() - 1];
            for number in records {
                let number = number.to_f64();
                let at = buckets.partition_point(|border| *border <= number);
                let last = buckets.len() - 1;
                match at {
                    0 => {}
                    at if at <= last => counts[at - 1] += 1,
                    _ if number == buckets[last] => counts[last - 1] += 1,
                    _ => {}
                }
            }
            counts
        })?;
        let mut counts = vec![0u64; buckets.len() - 1];
        for part in parts {
            counts.iter_mut().zip(part).for_each(|(sum, count)| *sum += count);
        }
        Ok(Histogram { buckets, counts })
    }
}
