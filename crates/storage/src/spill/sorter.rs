//! Sorts records, with spills. Spark: `ExternalSorter` with an ordering.

use std::marker::PhantomData;
use std::mem::{needs_drop, size_of};

use serde::{Serialize, de::DeserializeOwned};

use super::context::SpillContext;
use super::merge::{WithGrant, merge_runs};
use super::order::KeyOrder;
use super::run::SpilledRun;
use crate::Result;
use crate::memory::Grant;
use crate::size::{HeapEstimate, heap_size};

/// Takes records and gives them sorted by their keys. Records with equal keys keep their order.
pub struct ExternalSorter<T, K, F> {
    ctx: SpillContext,
    order: KeyOrder<F>,
    records: Vec<T>,
    grant: Grant,
    spilled: Vec<SpilledRun>,
    heap: HeapEstimate,
    kind: PhantomData<fn() -> K>,
}

impl<T, K, F> std::fmt::Debug for ExternalSorter<T, K, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalSorter").field("spills", &self.spilled.len()).finish_non_exhaustive()
    }
}

impl<T, K, F> ExternalSorter<T, K, F>
where
    T: Serialize + DeserializeOwned + 'static,
    K: Ord + 'static,
    F: Fn(&T) -> &K + Clone + 'static,
{
    /// Sorts by the key that `key` finds in a record.
    pub fn new(ctx: SpillContext, key: F, is_ascending: bool) -> Self {
        Self {
            grant: Grant::new(ctx.memory()),
            ctx,
            order: KeyOrder::new(key, is_ascending),
            records: Vec::new(),
            spilled: Vec::new(),
            heap: HeapEstimate::default(),
            kind: PhantomData,
        }
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
        self.order.sort(&mut self.records);
        if self.spilled.is_empty() {
            let records = self.records.into_iter().map(Ok);
            return Ok(Box::new(WithGrant { records, _grant: self.grant }));
        }
        let order = self.order;
        let compare = move |left: &T, right: &T| order.compare(left, right);
        Ok(Box::new(merge_runs(&self.ctx, self.grant, self.spilled, self.records, compare)?))
    }

    /// Makes sure of the memory for a larger vector before it grows; spills instead if there is none.
    #[cold]
    fn make_room(&mut self) -> Result<()> {
        let larger = (self.records.capacity() * 2).max(64);
        // While it grows the old vector is there too, which is half as large.
        let used =
            larger * size_of::<T>() + (larger / 2 * size_of::<T>()).max(KeyOrder::<F>::scratch::<T>(larger));
        let used = used as u64 + self.heap.bytes();
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
        let slots = self.records.capacity();
        (slots * size_of::<T>() + KeyOrder::<F>::scratch::<T>(slots)) as u64 + self.heap.bytes()
    }

    fn spill(&mut self) -> Result<()> {
        let used = self.used();
        self.order.sort(&mut self.records);
        let records = std::mem::take(&mut self.records);
        self.spilled.push(SpilledRun::write(&self.ctx, used, records.into_iter().map(Ok))?);
        self.heap.restart();
        self.grant.clear();
        Ok(())
    }
}
