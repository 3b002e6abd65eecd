//! Keys that only Hearth has.

use std::time::Duration;

use super::rules::{bytes, millis, seconds};
use crate::entry::spark_conf;
use crate::size::ByteSize;

spark_conf! {
    /// How much short work may wait on an executor beyond its slots, as the time that the work is expected to take.
    /// 0 launches one task per slot, as Spark does.
    pub HEARTH_LAUNCH_AHEAD: Duration = "spark.hearth.scheduler.launchAhead", millis(), default "2ms",
        since "0.1";

    /// A map output up to this size stays in memory, if the storage memory has room; a larger one goes to disk.
    pub HEARTH_SHUFFLE_MAX_IN_MEMORY_SIZE: ByteSize = "spark.hearth.shuffle.maxInMemorySize", bytes(),
        default "64m", since "0.1";

    /// A longer line of a text file fails its task instead of filling the memory.
    pub HEARTH_TEXT_MAX_LINE_LENGTH: ByteSize = "spark.hearth.text.maxLineLength",
        bytes().at_least(ByteSize(1)), default "2147483647", since "0.1";

    /// On Kubernetes: how long an executor without a driver waits for one before it ends.
    pub HEARTH_EXECUTOR_DRIVER_WAIT: Duration = "spark.hearth.executor.driverWait", seconds().positive(),
        default "10min", since "0.1";

    /// The part of an executor's memory kept for the process itself, where Spark reserves 300m.
    pub HEARTH_MEMORY_RESERVED: ByteSize = "spark.hearth.memory.reserved", bytes(), default "32m", since "0.1";
}
