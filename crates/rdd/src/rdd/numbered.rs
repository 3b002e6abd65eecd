//! Each record with a number. Spark: `ZippedWithIndexRDD`, which does not notice that a partition has not as many records
//! as were counted.

use hearth_storage::Data;
use hearth_types::{ExceptionKind, TaskEndReason};

use super::{Rdd, origin};
use crate::error::Result;
use crate::failure::throw;
use crate::node::Records;

impl<T: Data> Rdd<T> {
    /// Each record with its position in the whole RDD, partitions in order. Runs a job to count when there are several.
    ///
    /// After a shuffle a partition may come in another order when it is computed again, and a record then has another
    /// position. What was made of the former positions is made again, or the job fails, if an executor's loss is the cause;
    /// but a second action may see other positions than the first. Checkpoint before, or `sort_by` a key that no two records
    /// share, for positions that stay.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.parallelize(['a', 'b', 'c'], 2).zip_with_index()?.collect()?, [('a', 0), ('b', 1), ('c', 2)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The counting job was aborted or cancelled. An action fails if a partition has not as many records as were counted.
    ///
    /// Spark: `RDD.zipWithIndex`
    #[track_caller]
    pub fn zip_with_index(&self) -> Result<Rdd<(T, u64)>> {
        let at = origin("zipWithIndex");
        let but_last: Vec<u32> = (0..self.num_partitions().saturating_sub(1)).collect();
        let counts =
            self.context.collect_job(self, but_last, at, (), |(), _, records| records.count() as u64)?;
        let mut starts = vec![0u64];
        for count in counts {
            starts.push(starts[starts.len() - 1] + count);
        }
        Ok(self.narrow_by_position(at, starts, |starts, split, records| {
            let split = split as usize;
            number(records, starts[split], starts.get(split + 1).copied())
        }))
    }
}

/// The records with numbers from `start` on, which must end before `end`.
fn number<T>(mut records: Records<T>, start: u64, end: Option<u64>) -> impl Iterator<Item = (T, u64)> {
    let mut next = start;
    std::iter::from_fn(move || {
        let record = records.next();
        let is_as_counted = end.is_none_or(|end| if record.is_some() { next < end } else { next == end });
        if !is_as_counted {
            throw(other_records());
        }
        let number = next;
        next += u64::from(record.is_some());
        record.map(|record| (record, number))
    })
}

fn other_records() -> TaskEndReason {
    TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: "zip_with_index has other records than it has counted, so that it would give a number twice or not at \
                  all: they are not the same each time that they are computed. Checkpoint them before, and run an action."
            .to_owned(),
        backtrace: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hearth_conf::SparkConf;

    use crate::SparkContext;

    #[test]
    fn another_count_than_before_is_an_error_and_not_a_number_twice() {
        static COUNT: AtomicUsize = AtomicUsize::new(5);
        let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[1]")).unwrap();
        let numbers = sc.range(0, 40, 1, 4);
        let partition = |records: crate::Records<i64>| records.take(COUNT.load(Ordering::Relaxed));
        let numbered = numbers.map_partitions(partition).zip_with_index().unwrap();
        assert_eq!(numbered.values().collect().unwrap(), (0..20).collect::<Vec<_>>());
        for count in [4, 6] {
            COUNT.store(count, Ordering::Relaxed);
            let error = numbered.collect().unwrap_err().to_string();
            assert!(error.contains("zip_with_index has other records than it has counted"), "{error}");
        }
    }
}
