//! Why an application cannot start.

use std::path::PathBuf;

use crate::conf::PoolError;

/// Why an application cannot start. `Display` names the setting to change.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting that is wrong.
    #[error(transparent)]
    Conf(#[from] hearth_conf::Error),
    /// The file of pools is not there.
    #[error("read {file:?}, which spark.scheduler.allocation.file names")]
    ReadPools {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file of pools makes no sense.
    #[error("{file:?}, which spark.scheduler.allocation.file names: {source}")]
    Pools {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: PoolError,
    },
    /// Event logs go to files only.
    #[error(
        "spark.eventLog.dir: {value:?} is not supported yet; give a directory of this machine or a file:/// URL"
    )]
    EventLogScheme {
        /// What is set.
        value: String,
    },
    /// There is no event log.
    #[error(transparent)]
    EventLog(#[from] hearth_status::EventLogError),
    /// The driver's port cannot be had.
    #[error(transparent)]
    Bind(#[from] hearth_rpc::BindError),
    /// The system gives no thread.
    #[error("start a thread of the driver")]
    Thread(#[source] std::io::Error),
}
