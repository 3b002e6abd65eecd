//! An application in one process: the driver and one executor, which talk through channels. Spark: `LocalSchedulerBackend`.

use std::sync::Arc;

use hearth_conf::SparkConf;
use hearth_driver::{Deployment, DriverHandle, Executors};
use hearth_executor::{EnvParts, Executor};
use hearth_rpc::control::{AttachedExecutor, channel};
use hearth_rpc::message::Registration;
use hearth_rpc::{PROTOCOL_VERSION, build_id};
use hearth_types::{ExecutorId, HostName};

use super::app_dir::AppDir;
use super::driver::Opened;
use super::start_error;
use crate::error::Result;
use crate::task::RddRunner;

const HOST: &str = "localhost";

pub(super) fn start(conf: &SparkConf, app_dir: &AppDir, slots: u32) -> Result<DriverHandle> {
    let opened = Opened::new(conf, app_dir, Deployment::Local { slots })?;
    let registration = Registration {
        executor: ExecutorId::DRIVER,
        host: HOST.to_owned(),
        slots,
        block_address: HOST.to_owned(),
        max_memory: opened.blocks.memory().usage().total,
        protocol_version: PROTOCOL_VERSION,
        build_id: build_id().to_owned(),
    };
    let (to_driver, from_executor) = channel();
    let (to_executor, from_driver) = channel();
    let parts = EnvParts {
        block_manager: opened.blocks.clone(),
        remote: None,
        driver_block_address: String::new(),
        conf: Arc::new(conf.clone()),
        host: HostName::new(HOST),
    };
    Executor::start(parts, Arc::new(RddRunner), slots, opened.driver.runtime(), (to_driver, from_driver))
        .map_err(start_error("start the task slots"))?;
    opened.start(Executors::Local(Box::new(AttachedExecutor { registration, to_executor, from_executor })))
}
