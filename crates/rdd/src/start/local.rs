//! An application in one process: the driver and one executor, which talk through channels. Spark: `LocalSchedulerBackend`.

use std::sync::Arc;

use hearth_conf::SparkConf;
use hearth_conf::entries::application::DRIVER_MEMORY;
use hearth_driver::{Deployment, Driver, DriverBlocks, DriverConf, DriverHandle, DriverParts, Executors};
use hearth_executor::{EnvParts, Executor, open_block_manager};
use hearth_rpc::control::{AttachedExecutor, channel};
use hearth_rpc::message::Registration;
use hearth_rpc::{PROTOCOL_VERSION, build_id};
use hearth_types::{ExecutorId, HostName};

use super::app_dir::AppDir;
use super::start_error;
use crate::error::Result;
use crate::task::RddRunner;

const HOST: &str = "localhost";

pub(super) fn start(conf: &SparkConf, app_dir: &AppDir, slots: u32) -> Result<DriverHandle> {
    let driver_conf = DriverConf::new(conf, Deployment::Local { slots })
        .map_err(|error| start_error("read the configuration", &error))?;
    let driver = Driver::new().map_err(|error| start_error("start the driver", &error))?;
    let memory = conf.get_entry(&DRIVER_MEMORY)?.0;
    let blocks = open_block_manager(conf, ExecutorId::DRIVER, memory, app_dir.path().join("blocks"))
        .map_err(|error| start_error("open the block manager", &error))?;
    let registration = Registration {
        executor: ExecutorId::DRIVER,
        host: HOST.to_owned(),
        slots,
        block_address: HOST.to_owned(),
        max_memory: blocks.memory().usage().total,
        protocol_version: PROTOCOL_VERSION,
        build_id: build_id().to_owned(),
    };
    let (to_driver, from_executor) = channel();
    let (to_executor, from_driver) = channel();
    let parts = EnvParts {
        block_manager: blocks.clone(),
        remote: None,
        driver_block_address: String::new(),
        conf: Arc::new(conf.clone()),
        host: HostName::new(HOST),
    };
    Executor::start(parts, Arc::new(RddRunner), slots, driver.runtime(), (to_driver, from_driver))
        .map_err(|error| start_error("start the task slots", &error))?;
    let parts = DriverParts {
        executors: Executors::Local(Box::new(AttachedExecutor { registration, to_executor, from_executor })),
        blocks: Arc::new(DriverBlocks::new(blocks, None)),
        listeners: Vec::new(),
        temp_dirs: vec![app_dir.path().to_owned()],
    };
    driver.start(driver_conf, parts).map_err(|error| start_error("start the driver", &error))
}
