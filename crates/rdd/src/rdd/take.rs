//! Actions that need only some partitions.

use hearth_conf::entries::scheduler::{RDD_LIMIT_INITIAL_NUM_PARTITIONS, RDD_LIMIT_SCALE_UP_FACTOR};
use hearth_storage::Data;

use super::{Rdd, origin};
use crate::error::{Error, Result};
use crate::node::Origin;

impl<T: Data> Rdd<T> {
    /// The first `count` records. Looks at one partition first, then at four times as many each time
    /// (`spark.rdd.limit.initialNumPartitions`, `spark.rdd.limit.scaleUpFactor`), until there are enough.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(0, 1_000, 1, 100).take(3)?, [0, 1, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.take`
    #[track_caller]
    pub fn take(&self, count: usize) -> Result<Vec<T>> {
        self.take_at(origin("take"), count)
    }

    /// The first record.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.range(5, 10, 1, 2).first()?, 5);
    /// assert_eq!(sc.range(0, 0, 1, 2).first().unwrap_err().to_string(), "empty collection");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `EmptyCollection`; the job was aborted or cancelled.
    ///
    /// Spark: `RDD.first`
    #[track_caller]
    pub fn first(&self) -> Result<T> {
        self.take_at(origin("first"), 1)?.pop().ok_or(Error::EmptyCollection)
    }

    /// Whether there are no records.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert!(sc.range(0, 10, 1, 2).filter(|n| *n > 10).is_empty()?);
    /// assert!(!sc.range(0, 10, 1, 2).is_empty()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled.
    ///
    /// Spark: `RDD.isEmpty`
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.take_at(origin("isEmpty"), 1)?.is_empty())
    }

    /// The records one partition at a time: one job for each, when the iterator gets there. After an error it ends.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let all: Result<Vec<i64>, _> = sc.range(0, 4, 1, 2).to_local_iterator().collect();
    /// assert_eq!(all?, [0, 1, 2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.toLocalIterator`
    #[track_caller]
    pub fn to_local_iterator(&self) -> impl Iterator<Item = Result<T>> + use<T> {
        let (rdd, at) = (self.clone(), origin("toLocalIterator"));
        let mut failed = false;
        (0..self.num_partitions())
            .map_while(move |split| {
                if failed {
                    return None;
                }
                let part = rdd
                    .context
                    .collect_job(&rdd, vec![split], at, (), |(), _, records| records.collect::<Vec<T>>());
                failed = part.is_err();
                Some(part)
            })
            .flat_map(|part| match part {
                Ok(parts) => parts.into_iter().flatten().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            })
    }

    fn take_at(&self, at: Origin, count: usize) -> Result<Vec<T>> {
        let conf = self.context.conf();
        let first = conf.get_entry(&RDD_LIMIT_INITIAL_NUM_PARTITIONS)?.max(1);
        let factor = conf.get_entry(&RDD_LIMIT_SCALE_UP_FACTOR)?.max(2);
        let mut taken: Vec<T> = Vec::new();
        let (mut done, mut next) = (0, first);
        while taken.len() < count && done < self.num_partitions() {
            let until = done.saturating_add(next).min(self.num_partitions());
            let missing = count - taken.len();
            let parts = self.context.collect_job(
                self,
                (done..until).collect(),
                at,
                missing,
                |missing, _, records| records.take(*missing).collect::<Vec<T>>(),
            )?;
            for part in parts {
                let missing = count - taken.len();
                taken.extend(part.into_iter().take(missing));
            }
            done = until;
            next = next.saturating_mul(factor);
        }
        Ok(taken)
    }
}
