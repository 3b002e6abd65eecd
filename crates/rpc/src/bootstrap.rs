//! What a driver tells an executor process before there is a connection. Spark: the arguments of
//! `CoarseGrainedExecutorBackend` and the answer to `RetrieveSparkAppConfig`.
//!
//! It travels as one line of JSON over the standard input of a child process: never on a command line, because it holds a
//! private key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hearth_types::ExecutorId;
use serde::{Deserialize, Serialize};

use crate::tls::Identity;

/// All that an executor process needs to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The number it registers with.
    pub executor: ExecutorId,
    /// `host:port` of the driver's control service.
    pub driver_address: String,
    /// `host:port` of the driver's block service; often the same.
    pub driver_block_address: String,
    /// The machine the executor runs on, as other processes reach it. Its block service listens there.
    pub host: String,
    /// Its certificate and key.
    pub identity: Identity,
    /// The application's `spark.*` settings.
    pub conf: BTreeMap<String, String>,
    /// How many tasks it runs at a time.
    pub slots: u32,
    /// Bytes of memory that it was given (`spark.executor.memory`).
    pub memory: u64,
    /// Where it puts its files; it makes this directory and deletes it in the end.
    pub local_dir: PathBuf,
    /// The application's directory, which the executor deletes when the driver dies without doing so.
    pub app_dir: PathBuf,
}
