//! Merges any number of runs with a bounded number open at a time.

use std::cmp::Ordering;

use serde::{Serialize, de::DeserializeOwned};

use super::context::SpillContext;
use super::heap::Merge;
use super::run::{Run, SpilledRun};
use crate::Result;
use crate::memory::Grant;

/// The most runs that are open at a time.
const MAX_OPEN: u64 = 64;

/// What an open run holds: a frame as stored, the frame decompressed, a read buffer.
const OPEN_RUN: u64 = 160 * 1024;

/// All records of the spilled runs and of the last run, which is in memory and sorted too. Equal records keep the order
/// of the runs. The grant holds the memory of the last run, and is held as long as the merge.
pub(super) fn merge_runs<T, F>(
    ctx: &SpillContext,
    mut grant: Grant,
    mut spilled: Vec<SpilledRun>,
    last: Vec<T>,
    compare: F,
) -> Result<impl Iterator<Item = Result<T>> + use<T, F>>
where
    T: Serialize + DeserializeOwned,
    F: Fn(&T, &T) -> Ordering + Clone,
{
    let granted = grant.extend(OPEN_RUN * MAX_OPEN.min(spilled.len() as u64));
    let fan_in = (granted / OPEN_RUN).clamp(2, MAX_OPEN) as usize;
    while spilled.len() > fan_in {
        let mut merged = Vec::with_capacity(spilled.len().div_ceil(fan_in));
        let mut rest = spilled.into_iter().peekable();
        while rest.peek().is_some() {
            let group: Vec<SpilledRun> = rest.by_ref().take(fan_in).collect();
            merged.push(SpilledRun::write(ctx, 0, Merge::new(open(ctx, group)?, compare.clone()))?);
        }
        spilled = merged;
    }
    let mut runs = open(ctx, spilled)?;
    runs.push(Run::Memory(last.into_iter()));
    Ok(WithGrant { records: Merge::new(runs, compare), _grant: grant })
}

fn open<T: DeserializeOwned>(ctx: &SpillContext, runs: Vec<SpilledRun>) -> Result<Vec<Run<T>>> {
    runs.into_iter().map(|run| Ok(Run::Disk(Box::new(run.read(ctx)?)))).collect()
}

/// Holds memory for as long as the records are read.
pub(super) struct WithGrant<I> {
    pub(super) records: I,
    pub(super) _grant: Grant,
}

impl<I: Iterator> Iterator for WithGrant<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.records.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}
