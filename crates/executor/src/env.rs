//! What the tasks of one executor share. Spark: `SparkEnv`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hearth_conf::SparkConf;
use hearth_rpc::control::Sender;
use hearth_rpc::message::{FromExecutor, MapOutputs};
use hearth_storage::{BlockManager, MemoryManager, Remote};
use hearth_types::{BroadcastId, ExecutorId, HostName, RddId, ShuffleId, TaskAttempt};

use crate::cancel::CancelFlag;
use crate::services::{ServiceError, Services};

/// Of what an executor is made.
#[derive(Clone)]
pub struct EnvParts {
    /// Its blocks; also says which executor it is, and holds the memory manager.
    pub block_manager: Arc<BlockManager>,
    /// The way to other executors' blocks; `None` with a `local` master, where there are no others.
    pub remote: Option<Remote>,
    /// `host:port` where the driver serves broadcast values; not used without `remote`.
    pub driver_block_address: String,
    /// The application's settings.
    pub conf: Arc<SparkConf>,
    /// The machine.
    pub host: HostName,
}

/// The executor as its tasks see it.
pub struct ExecutorEnv {
    parts: EnvParts,
    services: Arc<Services>,
}

impl ExecutorEnv {
    pub(crate) fn new(parts: EnvParts, to_driver: Sender<FromExecutor>) -> Self {
        Self { parts, services: Arc::new(Services::new(to_driver)) }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Which executor this is; `ExecutorId::DRIVER` with a `local` master.
    pub fn executor(&self) -> ExecutorId {
        self.parts.block_manager.executor()
    }

    /// The machine it runs on.
    pub fn host(&self) -> &HostName {
        &self.parts.host
    }

    /// The application's settings.
    pub fn conf(&self) -> &Arc<SparkConf> {
        &self.parts.conf
    }

    /// Cached partitions, shuffle outputs, broadcast values.
    pub fn block_manager(&self) -> &Arc<BlockManager> {
        &self.parts.block_manager
    }

    /// The memory that execution and storage share.
    pub fn memory(&self) -> &Arc<MemoryManager> {
        self.parts.block_manager.memory()
    }

    /// The way to other executors' blocks; `None` where every block is local.
    pub fn remote(&self) -> Option<&Remote> {
        self.parts.remote.as_ref()
    }

    /// Where the outputs of a shuffle are, as of `epoch` (a task's own) or later. Asks the driver at most once at a time.
    ///
    /// # Errors
    /// The task is told to stop, or the driver is gone.
    pub fn map_outputs(
        &self,
        shuffle: ShuffleId,
        epoch: u64,
        cancel: &CancelFlag,
    ) -> Result<Arc<MapOutputs>, ServiceError> {
        self.services.map_outputs(shuffle, epoch, cancel)
    }

    /// Whether the attempt may commit its output. Asks the driver and waits; no while it is told to stop.
    ///
    /// # Errors
    /// The task is told to stop, or the driver is gone.
    pub fn may_commit(&self, id: TaskAttempt, cancel: &CancelFlag) -> Result<bool, ServiceError> {
        self.services.may_commit(id, cancel)
    }

    /// A cached partition that another executor holds, encoded; `None` when nobody else has it, or nobody can be reached.
    ///
    /// # Errors
    /// The task is told to stop, or the driver is gone.
    pub fn cached_elsewhere(
        &self,
        rdd: RddId,
        partition: u32,
        cancel: &CancelFlag,
    ) -> Result<Option<Bytes>, ServiceError> {
        self.services.cached_elsewhere((rdd, partition), &self.parts, cancel)
    }

    /// The encoded value of a broadcast variable. Read from the driver once per executor, then kept with the blocks.
    ///
    /// # Errors
    /// The task is told to stop, or the value is gone, or the driver does not answer.
    pub fn broadcast(&self, id: BroadcastId, cancel: &CancelFlag) -> Result<Bytes, ServiceError> {
        self.services.broadcast(id, &self.parts, cancel)
    }
}

impl fmt::Debug for ExecutorEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutorEnv").field("executor", &self.executor()).finish_non_exhaustive()
    }
}

impl fmt::Debug for EnvParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvParts").field("executor", &self.block_manager.executor()).finish_non_exhaustive()
    }
}
