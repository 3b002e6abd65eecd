//! The stage binaries of an executor, each decoded once. Spark: the broadcast task binary.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use hearth_rpc::message::StageBinary;
use hearth_types::TaskBinaryId;

use crate::panic::{PanicRecord, catch};
use crate::runner::{PreparedStage, TaskRunner};

/// Why the tasks of a stage cannot run.
#[derive(Clone, Debug)]
pub(crate) enum PrepareError {
    /// It does not decode.
    Decode(String),
    /// Decoding it panicked.
    Panic(PanicRecord),
}

/// The code of one stage: bytes until the first task needs it.
pub(crate) struct Binary {
    encoded: Mutex<Bytes>,
    prepared: OnceLock<Result<Arc<dyn PreparedStage>, PrepareError>>,
}

impl Binary {
    fn new(bytes: Bytes) -> Self {
        Self { encoded: Mutex::new(bytes), prepared: OnceLock::new() }
    }

    /// The decoded stage; the first caller decodes it, others wait for that.
    pub(crate) fn prepare(&self, runner: &dyn TaskRunner) -> Result<&Arc<dyn PreparedStage>, &PrepareError> {
        let prepared = self.prepared.get_or_init(|| {
            // The bytes are of no more use after this.
            let bytes = std::mem::take(&mut *self.encoded.lock().unwrap_or_else(PoisonError::into_inner));
            match catch(|| runner.prepare(&bytes)) {
                Ok(prepared) => prepared.map_err(PrepareError::Decode),
                Err(panic) => Err(PrepareError::Panic(panic)),
            }
        });
        prepared.as_ref()
    }
}

/// What the driver has sent and not yet told to forget. Owned by the control loop; tasks keep what they need.
#[derive(Default)]
pub(crate) struct Binaries {
    known: BTreeMap<TaskBinaryId, Arc<Binary>>,
}

impl Binaries {
    pub(crate) fn add(&mut self, binary: StageBinary) {
        self.known.entry(binary.id).or_insert_with(|| Arc::new(Binary::new(binary.bytes)));
    }

    pub(crate) fn get(&self, id: TaskBinaryId) -> Option<Arc<Binary>> {
        self.known.get(&id).cloned()
    }

    pub(crate) fn forget(&mut self, id: TaskBinaryId) {
        self.known.remove(&id);
    }
}
