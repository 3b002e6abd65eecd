//! An RDD that cannot be, because an operation was called with an argument it does not take.
//!
//! Transformations do not fail where they are called, as their chains would be full of question marks; the first action
//! that needs such an RDD gives the error.

use std::marker::PhantomData;

use hearth_storage::Data;

use super::{Dependency, Node, Parents, Records};
use crate::task::TaskContext;
use crate::wire::WireError;

/// What is wrong.
pub(crate) struct Invalid<T> {
    operation: &'static str,
    problem: String,
    records: PhantomData<fn() -> T>,
}

impl<T> Invalid<T> {
    pub(crate) fn new(operation: &'static str, problem: &str) -> Self {
        Self { operation, problem: problem.to_owned(), records: PhantomData }
    }

    fn error(&self) -> WireError {
        WireError::Argument { operation: self.operation, problem: self.problem.clone() }
    }
}

impl<T: Data> Node for Invalid<T> {
    type Item = T;
    type Wire = ();

    fn kind(&self) -> &'static str {
        "InvalidRDD"
    }

    fn to_wire(&self) -> Result<(), WireError> {
        Err(self.error())
    }

    fn from_wire((): (), _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self::new("", ""))
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, _: u32, _: &TaskContext) -> Records<T> {
        Records::new(std::iter::empty())
    }
}
