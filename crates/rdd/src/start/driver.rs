//! The driver in this process, which is the same wherever its executors are. Spark: `SparkEnv.createDriverEnv`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use hearth_conf::SparkConf;
use hearth_conf::entries::application::{DRIVER_MEMORY, DRIVER_PORT};
use hearth_driver::{
    Deployment, Driver, DriverBlocks, DriverConf, DriverHandle, DriverParts, Endpoint, Executors,
};
use hearth_executor::open_block_manager;
use hearth_rpc::{Identity, TlsConnector, build_id};
use hearth_storage::{BlockClient, BlockManager};
use hearth_types::ExecutorId;

use super::app_dir::AppDir;
use super::start_error;
use crate::error::Result;

/// All of a driver but its executors.
pub(super) struct Opened<'a> {
    conf: &'a SparkConf,
    app_dir: &'a AppDir,
    pub(super) driver_conf: DriverConf,
    pub(super) driver: Driver,
    pub(super) blocks: Arc<BlockManager>,
    /// The way to the blocks of executors in other processes, once there may be some.
    client: Option<BlockClient>,
}

impl<'a> Opened<'a> {
    pub(super) fn new(conf: &'a SparkConf, app_dir: &'a AppDir, deployment: Deployment) -> Result<Self> {
        let driver_conf = DriverConf::new(conf, deployment).map_err(start_error("read the configuration"))?;
        let driver = Driver::new().map_err(start_error("start the driver"))?;
        let memory = conf.get_entry(&DRIVER_MEMORY)?.0;
        let blocks = open_block_manager(conf, ExecutorId::DRIVER, memory, app_dir.path().join("driver"))
            .map_err(start_error("open the block manager"))?;
        Ok(Self { conf, app_dir, driver_conf, driver, blocks, client: None })
    }

    /// Opens the port to which executors in other processes attach, and tells which it is.
    pub(super) fn listen(
        &mut self,
        (host, port): (String, u16),
        identity: Identity,
        epoch: u64,
    ) -> Result<SocketAddr> {
        self.client = Some(BlockClient::new(Arc::new(TlsConnector::new(&identity))));
        let endpoint = Endpoint {
            host,
            port,
            port_key: DRIVER_PORT.key(),
            build_id: build_id().to_owned(),
            identity,
            blocks: self.blocks.clone(),
            conf: settings(self.conf),
            epoch,
        };
        self.driver.listen(endpoint).map_err(start_error("open the driver's port"))
    }

    pub(super) fn start(self, executors: Executors) -> Result<DriverHandle> {
        let parts = DriverParts {
            executors,
            blocks: Arc::new(DriverBlocks::new(self.blocks, self.client)),
            listeners: Vec::new(),
            temp_dirs: vec![self.app_dir.path().to_owned()],
        };
        self.driver.start(self.driver_conf, parts).map_err(start_error("start the driver"))
    }
}

/// The settings as executors get them.
pub(super) fn settings(conf: &SparkConf) -> BTreeMap<String, String> {
    conf.get_all().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
