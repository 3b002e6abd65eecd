//! A task whose result goes to the driver. Spark: `ResultTask`.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;
use hearth_storage::Data;
use hearth_types::{ExceptionKind, TaskEndReason};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StageTask, TaskContext, TaskOutput};
use crate::closure::{Closure, Erased};
use crate::failure::{error_chain, throw};
use crate::node::{Lineage, Records};
use crate::wire::{self, Portable, References, WireError};

/// `function(state, split, records)` of one partition.
pub(crate) struct ResultTask<T, U, S, F> {
    rdd: Arc<Lineage<T>>,
    state: S,
    function: Closure<F>,
    made: PhantomData<fn() -> U>,
}

impl<T, U, S, F> ResultTask<T, U, S, F>
where
    T: Data,
    U: Data,
    S: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
{
    pub(crate) fn portable(state: &S, function: F, _: PhantomData<(T, U)>) -> Result<Portable, WireError> {
        Portable::new(decode::<T, U, S, F>, "result task", &(state, Closure::new(function)))
    }
}

fn decode<T, U, S, F>(state: &[u8], references: &[Erased]) -> Result<Erased, WireError>
where
    T: Data,
    U: Data,
    S: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
{
    let (state, function): (S, Closure<F>) = wire::decode("result task", state)?;
    let rdd = References(references).get(0)?;
    let task: Arc<dyn StageTask> =
        Arc::new(ResultTask::<T, U, S, F> { rdd, state, function, made: PhantomData });
    Ok(Arc::new(task))
}

impl<T, U, S, F> StageTask for ResultTask<T, U, S, F>
where
    T: Data,
    U: Data,
    S: Send + Sync + 'static,
    F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
{
    fn run(&self, split: u32, task: &TaskContext) -> TaskOutput {
        let result = (*self.function)(&self.state, split, self.rdd.iterator(split, task));
        match wire::encode("task result", &result) {
            Ok(bytes) => TaskOutput::Result(Bytes::from(bytes)),
            Err(error) => throw(TaskEndReason::ExceptionFailure {
                kind: ExceptionKind::NotSerializable,
                message: error_chain(&error),
                backtrace: String::new(),
            }),
        }
    }
}
