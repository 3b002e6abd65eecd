//! Executors: how many, how large, and when they come and go.

use std::time::Duration;

use super::rules::{any, from, mib, millis, seconds};
use crate::entry::spark_conf;
use crate::size::ByteSize;
use crate::value::NumberRule;

spark_conf! {
    /// Task slots of one executor.
    pub EXECUTOR_CORES: u32 = "spark.executor.cores", from(1), default "1", since "0.1";

    /// Memory of one executor.
    pub EXECUTOR_MEMORY: ByteSize = "spark.executor.memory", mib().at_least(ByteSize::mib(1)), default "1g",
        since "0.1";

    /// How many executors the application has; with dynamic allocation, at least how many it begins with.
    pub EXECUTOR_INSTANCES: Option<u32> = "spark.executor.instances", from(0), unset "2", since "0.1";

    /// On Kubernetes: so many executors may fail before the application is given up.
    pub EXECUTOR_MAX_NUM_FAILURES: Option<u32> = "spark.executor.maxNumFailures", from(0),
        unset "twice the number of executors (the most, with dynamic allocation), at least 3", since "0.1";

    /// On Kubernetes: an executor's failure is forgotten after so long.
    pub EXECUTOR_FAILURES_VALIDITY_INTERVAL: Option<Duration> = "spark.executor.failuresValidityInterval",
        millis().positive(), unset "never", since "0.1";

    /// On Kubernetes: an executor that is being decommissioned ends after so long, even if tasks run on it.
    /// Its pod's grace period, less a few seconds, is the most.
    pub EXECUTOR_DECOMMISSION_FORCE_KILL_TIMEOUT: Option<Duration> =
        "spark.executor.decommission.forceKillTimeout", seconds().positive(),
        unset "the grace period of its pod, less a few seconds", since "0.1";

    /// How often an executor reports that it lives, and how much memory it uses.
    /// Must be shorter than `spark.network.timeout`.
    pub EXECUTOR_HEARTBEAT_INTERVAL: Duration = "spark.executor.heartbeatInterval", millis().positive(),
        default "10s", since "0.1";

    /// An executor that is silent for so long is lost.
    pub NETWORK_TIMEOUT: Duration = "spark.network.timeout", seconds().positive(), default "120s", since "0.1";

    /// Whether executors are asked for as work waits and given back when they are idle.
    pub DYNAMIC_ALLOCATION_ENABLED: bool = "spark.dynamicAllocation.enabled", any(), default "false",
        since "0.1";

    /// Fewest executors with dynamic allocation.
    pub DYNAMIC_ALLOCATION_MIN_EXECUTORS: u32 = "spark.dynamicAllocation.minExecutors", from(0), default "0",
        since "0.1";

    /// Executors to begin with; raised to `minExecutors` and to `spark.executor.instances` where those are larger.
    pub DYNAMIC_ALLOCATION_INITIAL_EXECUTORS: u32 = "spark.dynamicAllocation.initialExecutors", from(0),
        like DYNAMIC_ALLOCATION_MIN_EXECUTORS, since "0.1";

    /// Most executors with dynamic allocation.
    pub DYNAMIC_ALLOCATION_MAX_EXECUTORS: u32 = "spark.dynamicAllocation.maxExecutors", from(1),
        default "2147483647", since "0.1";

    /// Part of the executors that would run all waiting tasks at once that is really asked for.
    pub DYNAMIC_ALLOCATION_EXECUTOR_ALLOCATION_RATIO: f64 = "spark.dynamicAllocation.executorAllocationRatio",
        NumberRule::POSITIVE_RATIO, default "1.0", since "0.1";

    /// Once tasks have waited for so long, executors are asked for.
    pub DYNAMIC_ALLOCATION_SCHEDULER_BACKLOG_TIMEOUT: Duration =
        "spark.dynamicAllocation.schedulerBacklogTimeout", seconds().positive(), default "1s", since "0.1";

    /// The same for every further request while tasks still wait; each asks for twice as many.
    pub DYNAMIC_ALLOCATION_SUSTAINED_SCHEDULER_BACKLOG_TIMEOUT: Duration =
        "spark.dynamicAllocation.sustainedSchedulerBacklogTimeout", seconds().positive(),
        like DYNAMIC_ALLOCATION_SCHEDULER_BACKLOG_TIMEOUT, since "0.1";

    /// An executor without tasks for so long is given back.
    pub DYNAMIC_ALLOCATION_EXECUTOR_IDLE_TIMEOUT: Duration = "spark.dynamicAllocation.executorIdleTimeout",
        seconds(), default "60s", since "0.1";

    /// The same for an executor that holds cached blocks.
    pub DYNAMIC_ALLOCATION_CACHED_EXECUTOR_IDLE_TIMEOUT: Option<Duration> =
        "spark.dynamicAllocation.cachedExecutorIdleTimeout", seconds(), unset "never", since "0.1";

    /// Whether an executor is kept while it holds shuffle outputs that an active job may read.
    pub DYNAMIC_ALLOCATION_SHUFFLE_TRACKING_ENABLED: bool = "spark.dynamicAllocation.shuffleTracking.enabled",
        any(), default "true", since "0.1";

    /// With shuffle tracking: an idle executor that holds shuffle outputs is given back after so long.
    pub DYNAMIC_ALLOCATION_SHUFFLE_TRACKING_TIMEOUT: Option<Duration> =
        "spark.dynamicAllocation.shuffleTracking.timeout", millis(), unset "never", since "0.1";
}
