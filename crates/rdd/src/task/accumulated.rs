//! What a task has added to accumulators, until it reports.

use std::any::Any;
use std::collections::BTreeMap;

use bytes::Bytes;

use crate::context::AccumulatorV2;
use crate::wire::{self, WireError};

/// Sums by accumulator.
#[derive(Default)]
pub(crate) struct Accumulated(BTreeMap<u64, Box<dyn Sum>>);

impl Accumulated {
    pub(crate) fn add<A: AccumulatorV2>(&mut self, id: u64, value: A::In) {
        let sum = self.0.entry(id).or_insert_with(|| Box::new(A::default()));
        // An id belongs to one accumulator, so the type is always right.
        if let Some(sum) = sum.as_any().downcast_mut::<A>() {
            sum.add(value);
        }
    }

    pub(crate) fn encode(&self) -> Result<Vec<(u64, Bytes)>, WireError> {
        self.0.iter().map(|(id, sum)| Ok((*id, sum.encode()?))).collect()
    }
}

trait Sum: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn encode(&self) -> Result<Bytes, WireError>;
}

impl<A: AccumulatorV2> Sum for A {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn encode(&self) -> Result<Bytes, WireError> {
        wire::encode("accumulator update", self).map(Bytes::from)
    }
}
