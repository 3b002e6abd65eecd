//! Starting an application: a driver in this process, and executors where `spark.master` says.
//! Spark: the constructor of `SparkContext`.

mod app_dir;
mod cluster;
mod driver;
mod exit;
mod kubernetes;
mod last_words;
mod local;
mod signals;

use std::error::Error as StdError;

use hearth_conf::entries::application::MASTER;
use hearth_conf::entries::scheduler::DEFAULT_PARALLELISM;
use hearth_conf::entries::storage::CHECKPOINT_DIR;
use hearth_conf::{Master, SparkConf};
use hearth_driver::DriverHandle;
use hearth_types::pod::CONF_FILE;

use crate::error::{Error, Result};
use crate::failure::error_chain;
use app_dir::AppDir;
use kubernetes::Place;

pub(crate) use last_words::job_ended;
pub(crate) use signals::wait_if_exiting;

/// A running application.
pub(crate) struct Started {
    pub(crate) driver: DriverHandle,
    pub(crate) conf: SparkConf,
    pub(crate) default_parallelism: u32,
    pub(crate) configured_parallelism: Option<u32>,
    pub(crate) checkpoint_dir: Option<String>,
}

pub(crate) fn start(conf: SparkConf) -> Result<Started> {
    hearth_executor::init_logging();
    last_words::watch_for_panics();
    let started = start_application(conf);
    if let Err(error) = &started {
        last_words::not_started(error);
    }
    started
}

fn start_application(conf: SparkConf) -> Result<Started> {
    let mut conf = with_launcher_conf(conf)?;
    conf.validate()?;
    for warning in conf.warnings() {
        tracing::warn!("{warning}");
    }
    let app_dir = AppDir::new(&conf)?;
    let configured_parallelism = conf.get_entry(&DEFAULT_PARALLELISM)?;
    let (driver, slots) = match conf.get_entry(&MASTER)? {
        Master::Local { slots } => (local::start(&conf, &app_dir, slots)?, slots),
        Master::LocalCluster { executors, cores, memory_mib } => {
            conf.set_if_missing("spark.executor.cores", cores.to_string());
            conf.set_if_missing("spark.executor.instances", executors.to_string());
            conf.set("spark.executor.memory", format!("{memory_mib}m"));
            let driver = cluster::start(&conf, &app_dir, cores, memory_mib << 20)?;
            (driver, executors.saturating_mul(cores).max(2))
        }
        Master::Kubernetes { server } => {
            let place = Place::of_this_process()?;
            (kubernetes::start(&conf, &app_dir, &server, place)?, kubernetes::expected_slots(&conf)?)
        }
    };
    app_dir.keep();
    signals::watch(&driver);
    exit::watch();
    Ok(Started {
        driver,
        default_parallelism: configured_parallelism.unwrap_or(slots),
        configured_parallelism,
        checkpoint_dir: conf.get_entry(&CHECKPOINT_DIR)?,
        conf,
    })
}

/// The launcher is `hearth run`, or the operator. What the program sets wins over what the launcher set, as in Spark.
fn with_launcher_conf(conf: SparkConf) -> Result<SparkConf> {
    let Some(path) = std::env::var_os(CONF_FILE) else { return Ok(conf) };
    let doing = format!("read the configuration {}", path.display());
    let text = std::fs::read_to_string(&path).map_err(start_error(&doing))?;
    let set: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(start_error(&doing))?;
    let mut merged: SparkConf = set.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    for (key, value) in conf.get_all() {
        merged.set(key, value);
    }
    Ok(merged)
}

fn start_error<E: StdError>(doing: &str) -> impl FnOnce(E) -> Error {
    move |error| Error::Start { problem: format!("{doing}: {}", error_chain(&error)) }
}
