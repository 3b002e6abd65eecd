//! What the tasks of one executor share. Spark: `SparkEnv`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hearth_conf::SparkConf;
use hearth_conf::entries::executor::NETWORK_TIMEOUT;
use hearth_conf::entries::shuffle::{
    REDUCER_MAX_SIZE_IN_FLIGHT, SHUFFLE_IO_MAX_RETRIES, SHUFFLE_IO_RETRY_WAIT,
};
use hearth_rpc::control::Sender;
use hearth_rpc::message::{FromExecutor, MapOutputs};
use hearth_storage::{BlockManager, FetchLimits, MemoryManager, Remote};
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
    fetch_limits: FetchLimits,
    services: Arc<Services>,
}

impl ExecutorEnv {
    pub(crate) fn new(parts: EnvParts, to_driver: Sender<FromExecutor>) -> hearth_conf::Result<Self> {
        let conf = &parts.conf;
        let fetch_limits = FetchLimits {
            max_bytes_in_flight: conf.get_entry(&REDUCER_MAX_SIZE_IN_FLIGHT)?.0,
            max_retries: conf.get_entry(&SHUFFLE_IO_MAX_RETRIES)?,
            retry_wait: conf.get_entry(&SHUFFLE_IO_RETRY_WAIT)?,
            timeout: conf.get_entry(&NETWORK_TIMEOUT)?,
        };
        Ok(Self { parts, fetch_limits, services: Arc::new(Services::new(to_driver)) })
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

    /// How eagerly and how patiently outputs of shuffles are fetched.
    pub fn fetch_limits(&self) -> FetchLimits {
        self.fetch_limits
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
