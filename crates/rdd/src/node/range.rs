//! Whole numbers from a range, made where they are needed. Spark: what `SparkContext.range` builds.

use hearth_storage::Data;
use serde::{Deserialize, Serialize};

use super::{Dependency, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// `start`, `start + step`, … below `end`, cut into slices of about equal length.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Range {
    start: i64,
    step: i64,
    len: u64,
    slices: u32,
}

impl Range {
    /// `step` is not zero.
    pub(crate) fn new(start: i64, end: i64, step: i64, slices: u32) -> Self {
        let (distance, stride) = (i128::from(end) - i128::from(start), i128::from(step));
        let len = if (distance > 0) == (stride > 0) {
            (distance.abs() + stride.abs() - 1) / stride.abs()
        } else {
            0
        };
        Self { start, step, len: len as u64, slices }
    }

    fn cut(&self, at: u32) -> u64 {
        (u128::from(at) * u128::from(self.len) / u128::from(self.slices.max(1))) as u64
    }
}

impl Node for Range
where
    i64: Data,
{
    type Item = i64;
    type Wire = Self;

    fn kind(&self) -> &'static str {
        "ParallelCollectionRDD"
    }

    fn to_wire(&self) -> Result<Self, WireError> {
        Ok(*self)
    }

    fn from_wire(wire: Self, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(wire)
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<i64> {
        let (start, step, task) = (self.start, self.step, task.clone());
        Records::new((self.cut(split)..self.cut(split + 1)).map(move |at| {
            task.check_interrupted();
            start.wrapping_add(step.wrapping_mul(at as i64))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_the_numbers_before_the_end() {
        assert_eq!(Range::new(0, 10, 3, 2).len, 4);
        assert_eq!(Range::new(10, 0, -3, 2).len, 4);
        assert_eq!(Range::new(0, 10, -1, 2).len, 0);
        assert_eq!(Range::new(5, 5, 1, 2).len, 0);
        assert_eq!(Range::new(i64::MIN, i64::MAX, 1, 2).len, u64::MAX);
    }
}
