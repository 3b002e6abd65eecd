//! Files of encoded records: what `save_as_object_file` and checkpoints write.
//! Spark: `ReliableCheckpointRDD`, `SparkContext.objectFile`.

use std::any::type_name;
use std::marker::PhantomData;
use std::path::Path;

use bytes::Bytes;
use hearth_storage::{Data, codec};
use hearth_types::{ExceptionKind, RddId, TaskEndReason};

use super::{Dependency, Node, Parents, Records};
use crate::failure::{OrThrow, error_chain, throw};
use crate::task::TaskContext;
use crate::wire::WireError;

/// One partition per file.
pub(crate) struct ObjectFile<T> {
    id: RddId,
    kind: &'static str,
    paths: Vec<String>,
    records: PhantomData<fn() -> T>,
}

impl<T: Data> ObjectFile<T> {
    /// `kind` is what `to_debug_string` prints.
    pub(crate) fn new(id: RddId, kind: &'static str, paths: Vec<String>) -> Self {
        Self { id, kind, paths, records: PhantomData }
    }
}

impl<T: Data> Node for ObjectFile<T> {
    type Item = T;
    type Wire = RddId;

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn to_wire(&self) -> Result<RddId, WireError> {
        Ok(self.id)
    }

    fn from_wire(id: RddId, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self::new(id, "ObjectFile", Vec::new()))
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        let path = String::from_utf8_lossy(&task.input(self.id, split)).into_owned();
        let (file, size) = hearth_files::open(&path).or_throw();
        task.add_input(size, 0);
        let (task, name) = (task.clone(), Path::new(&path).to_owned());
        Records::new(codec::FramedFile::new(file, &name, size).map(move |record| {
            task.check_interrupted();
            record.unwrap_or_else(|error| unreadable::<T>(&path, &error))
        }))
    }

    fn input(&self, split: u32) -> Option<Bytes> {
        self.paths.get(split as usize).map(|path| Bytes::from(path.clone()))
    }
}

fn unreadable<T>(path: &str, error: &hearth_storage::Error) -> ! {
    throw(TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: format!(
            "{path} does not hold records of type {}, or is damaged; read it as the type that it was saved with: {}",
            type_name::<T>(),
            error_chain(error)
        ),
        backtrace: String::new(),
    })
}
