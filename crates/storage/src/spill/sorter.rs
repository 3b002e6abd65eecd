//! Sorts records, with spills. Spark: `ExternalSorter` with an ordering.

use std::cmp::Ordering;
use std::mem::{needs_drop, size_of};
use std::rc::Rc;

use serde::{Serialize, de::DeserializeOwned};

use super::context::SpillContext;
use super::merge::{WithGrant, merge_runs};
use super::run::SpilledRun;
use crate::Result;
use crate::memory::Grant;
use crate::size::{HeapEstimate, heap_size};

/// Takes records and gives them sorted. Equal records keep their order.
pub struct ExternalSorter<T, F> {
    ctx: SpillContext,
    compare: F,
    records: Vec<T>,
    grant: Grant,
    spilled: Vec<SpilledRun>,
    heap: HeapEstimate,
}

impl<T, F> std::fmt::Debug for ExternalSorter<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalSorter").field("spills", &self.spilled.len()).finish_non_exhaustive()
    }
}

impl<T, F> ExternalSorter<T, F>
where
    T: Serialize + DeserializeOwned + 'static,
    F: Fn(&T, &T) -> Ordering + 'static,
{
    /// Sorts by `compare`, which must be a total order.
    pub fn new(ctx: SpillContext, compare: F) -> Self {
        let grant = Grant::new(ctx.memory());
        Self { ctx, compare, records: Vec::new(), grant, spilled: Vec::new(), heap: HeapEstimate::default() }
    }

    /// Adds a record. Spills when the task's memory is used up.
    #[inline]
    pub fn insert(&mut self, record: T) -> Result<()> {
        if self.records.len() == self.records.capacity() {
            self.make_room()?;
        }
        if needs_drop::<T>() && self.heap.observe(|| heap_size(&record)) {
            self.check()?;
        }
        self.records.push(record);
        Ok(())
    }

    /// The records in order.
    pub fn finish(mut self) -> Result<Box<dyn Iterator<Item = Result<T>>>> {
        self.records.sort_by(&self.compare);
        if self.spilled.is_empty() {
            let records = self.records.into_iter().map(Ok);
            return Ok(Box::new(WithGrant { records, _grant: self.grant }));
        }
        // The comparison is shared by the passes of the merge.
        let compare = Rc::new(self.compare);
        let compare = move |left: &T, right: &T| compare(left, right);
        Ok(Box::new(merge_runs(&self.ctx, self.grant, self.spilled, self.records, compare)?))
    }

    /// Makes sure of the memory for a larger vector before it grows; spills instead if there is none.
    #[cold]
    fn make_room(&mut self) -> Result<()> {
        let larger = (self.records.capacity() * 2).max(64);
        // While it grows the old vector is there too; later sorting needs as much for its scratch space.
        let used = (larger + larger / 2) as u64 * size_of::<T>() as u64 + self.heap.bytes();
        if self.grant.cover(used) {
            self.records.reserve_exact(larger - self.records.len());
            return Ok(());
        }
        // The vector stays as large as it is.
        if self.records.is_empty() { Ok(()) } else { self.spill() }
    }

    #[cold]
    fn check(&mut self) -> Result<()> {
        if self.grant.cover(self.used()) || self.records.is_empty() { Ok(()) } else { self.spill() }
    }

    /// The vector, the scratch space of sorting it, and what the records point to.
    fn used(&self) -> u64 {
        let slots = self.records.capacity() + self.records.capacity() / 2;
        slots as u64 * size_of::<T>() as u64 + self.heap.bytes()
    }

    fn spill(&mut self) -> Result<()> {
        let used = self.used();
        self.records.sort_by(&self.compare);
        let records = std::mem::take(&mut self.records);
        self.spilled.push(SpilledRun::write(&self.ctx, used, records.into_iter().map(Ok))?);
        self.heap.restart();
        self.grant.clear();
        Ok(())
    }
}
