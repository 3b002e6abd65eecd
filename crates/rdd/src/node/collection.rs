//! A collection of the driver's, cut into slices that travel with their tasks. Spark: `ParallelCollectionRDD`.

use std::marker::PhantomData;

use bytes::Bytes;
use hearth_storage::{Data, codec};
use hearth_types::RddId;

use super::{Dependency, Node, Parents, Records};
use crate::failure::{OrThrow, error_chain};
use crate::task::TaskContext;
use crate::wire::WireError;

/// Slices of a collection.
pub(crate) struct Collection<T> {
    id: RddId,
    /// The number of records of each slice and the records, encoded; empty on executors.
    slices: Result<Vec<Bytes>, WireError>,
    records: PhantomData<fn() -> T>,
}

impl<T: Data> Collection<T> {
    /// Cuts as Spark does: slice `i` of `n` holds the positions from `i * len / n` to `(i + 1) * len / n`.
    pub(crate) fn new(id: RddId, items: &[T], slices: u32) -> Self {
        let (len, count) = (items.len() as u64, u64::from(slices));
        let cut = |at: u64| (at * len / count) as usize;
        let encode = |slice: u64| {
            let items = &items[cut(slice)..cut(slice + 1)];
            let mut bytes = Vec::new();
            codec::encode(&(items.len() as u64), &mut bytes)?;
            for item in items {
                codec::encode(item, &mut bytes)?;
            }
            Ok(Bytes::from(bytes))
        };
        let slices = (0..count).map(encode).collect::<Result<_, hearth_storage::Error>>();
        let slices = slices
            .map_err(|error| WireError::Value { what: "a record of parallelize", why: error_chain(&error) });
        Self { id, slices, records: PhantomData }
    }
}

impl<T: Data> Node for Collection<T> {
    type Item = T;
    type Wire = RddId;

    fn kind(&self) -> &'static str {
        "ParallelCollectionRDD"
    }

    fn to_wire(&self) -> Result<RddId, WireError> {
        self.slices.as_ref().map(|_| self.id).map_err(Clone::clone)
    }

    fn from_wire(id: RddId, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { id, slices: Ok(Vec::new()), records: PhantomData })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        let bytes = task.input(self.id, split);
        let mut rest: &[u8] = &bytes;
        let count: u64 = codec::decode(&mut rest).or_throw();
        let mut at = bytes.len() - rest.len();
        let task = task.clone();
        Records::new((0..count).map(move |_| {
            task.check_interrupted();
            let mut rest = &bytes[at..];
            let before = rest.len();
            let record = codec::decode(&mut rest).or_throw();
            at += before - rest.len();
            record
        }))
    }

    fn input(&self, split: u32) -> Option<Bytes> {
        self.slices.as_ref().ok()?.get(split as usize).cloned()
    }
}
