//! An application in several processes of this machine, which are the same program and trust only each other.
//! Spark: `LocalSparkCluster` with `StandaloneSchedulerBackend`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use hearth_cluster::local::{Launch, LocalCluster, Program};
use hearth_conf::SparkConf;
use hearth_conf::entries::application::{DRIVER_BIND_ADDRESS, DRIVER_MEMORY, DRIVER_PORT};
use hearth_driver::{
    Deployment, Driver, DriverBlocks, DriverConf, DriverHandle, DriverParts, Endpoint, Executors,
};
use hearth_executor::open_block_manager;
use hearth_rpc::{Authority, Bootstrap, Connector, TlsConnector, build_id};
use hearth_storage::BlockClient;
use hearth_types::ExecutorId;

use super::app_dir::AppDir;
use super::start_error;
use crate::error::Result;
use crate::failure::error_chain;

/// Spark's default number of executors where nothing says one.
pub(super) const INSTANCES: u32 = 2;

pub(super) fn start(conf: &SparkConf, app_dir: &AppDir, cores: u32, memory: u64) -> Result<DriverHandle> {
    let deployment = Deployment::Cluster { instances: INSTANCES, slots: cores, min_registered_percent: 0 };
    let driver_conf =
        DriverConf::new(conf, deployment).map_err(|error| start_error("read the configuration", &error))?;
    let driver = Driver::new().map_err(|error| start_error("start the driver", &error))?;
    let authority = Authority::new(&driver_conf.application_id)
        .map_err(|error| start_error("make the application's certificate authority", &error))?;
    let identity =
        authority.issue("driver").map_err(|error| start_error("issue the driver's certificate", &error))?;

    let driver_memory = conf.get_entry(&DRIVER_MEMORY)?.0;
    let blocks = open_block_manager(conf, ExecutorId::DRIVER, driver_memory, app_dir.path().join("driver"))
        .map_err(|error| start_error("open the block manager", &error))?;
    let host = conf.get_entry(&DRIVER_BIND_ADDRESS)?.unwrap_or_else(|| Ipv4Addr::LOCALHOST.to_string());
    let connector: Arc<dyn Connector> = Arc::new(TlsConnector::new(&identity));
    let endpoint = Endpoint {
        host: host.clone(),
        port: conf.get_entry(&DRIVER_PORT)?,
        port_key: DRIVER_PORT.key(),
        build_id: build_id().to_owned(),
        identity,
        blocks: blocks.clone(),
        conf: settings(conf),
        epoch: 1,
    };
    let address =
        driver.listen(endpoint).map_err(|error| start_error("open the driver's port", &error))?.to_string();

    let launch = Launcher {
        authority,
        address,
        host,
        conf: conf.clone(),
        cores,
        memory,
        own_dir: app_dir.path().to_owned(),
        app_dir: app_dir.root().to_owned(),
    };
    let program = Program { path: None, args: Vec::new(), env: executor_env(conf) };
    let (cluster, events) =
        LocalCluster::new(program, move |executor| launch.launch(executor), driver.runtime());
    let parts = DriverParts {
        executors: Executors::Cluster { manager: Arc::new(cluster), events },
        blocks: Arc::new(DriverBlocks::new(blocks, Some(BlockClient::new(connector)))),
        listeners: Vec::new(),
        temp_dirs: vec![app_dir.path().to_owned()],
    };
    driver.start(driver_conf, parts).map_err(|error| start_error("start the driver", &error))
}

/// The settings as executors get them.
pub(super) fn settings(conf: &SparkConf) -> BTreeMap<String, String> {
    conf.get_all().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What is added to the environment of executors.
fn executor_env(conf: &SparkConf) -> Vec<(OsString, OsString)> {
    let mut env = vec![ALLOCATOR_KEEPS.map(OsString::from).into()];
    // The user's own setting comes later, and so wins.
    env.extend(conf.executor_env().map(|(name, value)| (name.into(), value.into())));
    env
}

/// How long the allocator keeps memory that was freed, in milliseconds. One task's memory is the next task's; giving it
/// back to the system in between cost a sort an eighth of its time.
const ALLOCATOR_KEEPS: [&str; 2] = ["MIMALLOC_PURGE_DELAY", "10000"];

/// What each executor is told when it starts.
struct Launcher {
    authority: Authority,
    address: String,
    host: String,
    conf: SparkConf,
    cores: u32,
    memory: u64,
    own_dir: PathBuf,
    app_dir: PathBuf,
}

impl Launcher {
    fn launch(&self, executor: ExecutorId) -> std::result::Result<Launch, String> {
        let local_dir = self.local_dir(executor);
        let bootstrap = Bootstrap {
            executor,
            driver_address: self.address.clone(),
            driver_block_address: self.address.clone(),
            host: self.host.clone(),
            identity: self
                .authority
                .issue(&format!("executor-{executor}"))
                .map_err(|error| error_chain(&error))?,
            conf: settings(&self.conf),
            slots: self.cores,
            memory: self.memory,
            local_dir: local_dir.clone(),
            app_dir: self.app_dir.clone(),
        };
        let line = serde_json::to_string(&bootstrap).map_err(|error| error_chain(&error))?;
        Ok(Launch { bootstrap: line, scratch: Some(local_dir) })
    }

    fn local_dir(&self, executor: ExecutorId) -> PathBuf {
        self.own_dir.join(format!("executor-{executor}"))
    }
}
