//! An application in several processes of this machine, which are the same program and trust only each other.
//! Spark: `LocalSparkCluster` with `StandaloneSchedulerBackend`.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use hearth_cluster::local::{Launch, LocalCluster, Program};
use hearth_conf::SparkConf;
use hearth_conf::entries::application::{DRIVER_BIND_ADDRESS, DRIVER_PORT};
use hearth_driver::{Deployment, DriverHandle, Executors};
use hearth_rpc::{Authority, Bootstrap};
use hearth_types::ExecutorId;
use hearth_types::pod::ALLOCATOR_KEEPS;

use super::app_dir::AppDir;
use super::driver::{Opened, settings};
use super::start_error;
use crate::error::Result;
use crate::failure::error_chain;

pub(super) fn start(conf: &SparkConf, app_dir: &AppDir, cores: u32, memory: u64) -> Result<DriverHandle> {
    let deployment = Deployment::Cluster { slots: cores, min_registered_percent: 0 };
    let mut opened = Opened::new(conf, app_dir, deployment)?;
    let authority = Authority::new(&opened.driver_conf.application_id)
        .map_err(start_error("make the application's certificate authority"))?;
    let identity = authority.issue("driver").map_err(start_error("issue the driver's certificate"))?;
    let host = conf.get_entry(&DRIVER_BIND_ADDRESS)?.unwrap_or_else(|| Ipv4Addr::LOCALHOST.to_string());
    let address = opened.listen((host.clone(), conf.get_entry(&DRIVER_PORT)?), identity, 1)?.to_string();

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
        LocalCluster::new(program, move |executor| launch.launch(executor), opened.driver.runtime());
    opened.start(Executors::Cluster { manager: Arc::new(cluster), events })
}

/// What is added to the environment of executors.
fn executor_env(conf: &SparkConf) -> Vec<(OsString, OsString)> {
    let (allocator_keeps, millis) = ALLOCATOR_KEEPS;
    let mut env = vec![(allocator_keeps.into(), millis.into())];
    // The user's own setting comes later, and so wins.
    env.extend(conf.executor_env().map(|(name, value)| (name.into(), value.into())));
    env
}

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
        let local_dir = self.own_dir.join(format!("executor-{executor}"));
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
}
