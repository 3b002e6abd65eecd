//! The application and its driver.

use std::path::PathBuf;

use super::rules::{any, bytes, from, mib};
use crate::entry::spark_conf;
use crate::master::Master;
use crate::redaction::{DEFAULT_REDACTION_REGEX, RedactionRegex};
use crate::size::ByteSize;

spark_conf! {
    /// Name of the application, for people: in the UI, in logs and in the event log.
    pub APP_NAME: Option<String> = "spark.app.name", any(), unset "name of the program", since "0.1";

    /// Id of the application, unique among all applications.
    pub APP_ID: Option<String> = "spark.app.id", any(), unset "made at start", since "0.1";

    /// Where executors come from: `local`, `local[N]` or `local[*]` (task slots in the driver's own process),
    /// `local-cluster[EXECUTORS,CORES,MEMORY_MB]` (executors as child processes),
    /// `k8s://https://HOST:PORT` (executor pods; set by the operator in driver pods).
    pub MASTER: Master = "spark.master", any(), default "local[*]", since "0.1";

    /// Cores that the driver may use.
    pub DRIVER_CORES: u32 = "spark.driver.cores", from(1), default "1", since "0.1";

    /// Memory of the driver.
    pub DRIVER_MEMORY: ByteSize = "spark.driver.memory", mib().at_least(ByteSize::mib(1)), default "1g",
        since "0.1";

    /// Most bytes that the results of all partitions of one action may have together; the job fails beyond it.
    /// 0 is unlimited.
    pub DRIVER_MAX_RESULT_SIZE: ByteSize = "spark.driver.maxResultSize", bytes(), default "1g", since "0.1";

    /// Host name or address under which executors reach the driver.
    pub DRIVER_HOST: Option<String> = "spark.driver.host", any(), unset "the driver's own address", since "0.1";

    /// Port on which executors reach the driver; 0 takes a free one.
    pub DRIVER_PORT: u16 = "spark.driver.port", from(0), default "0", since "0.1";

    /// Address on which the driver listens.
    pub DRIVER_BIND_ADDRESS: Option<String> = "spark.driver.bindAddress", any(), like DRIVER_HOST, since "0.1";

    /// Port on which every block manager serves blocks; 0 takes a free one.
    pub BLOCK_MANAGER_PORT: u16 = "spark.blockManager.port", from(0), default "0", since "0.1";

    /// Folder for shuffle files, spilled data and cached blocks on disk; of several, the first is used.
    pub LOCAL_DIR: Option<Vec<PathBuf>> = "spark.local.dir", any(),
        unset "the temporary folder of the system", since "0.1";

    /// Values of keys that match this regular expression, and values that match it, are not shown anywhere.
    pub REDACTION_REGEX: RedactionRegex = "spark.redaction.regex", any(), default DEFAULT_REDACTION_REGEX,
        since "0.1";
}
