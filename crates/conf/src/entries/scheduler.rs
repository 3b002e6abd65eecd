//! Jobs, stages and tasks: parallelism, retries, locality, pools.

use std::path::PathBuf;
use std::time::Duration;

use hearth_types::SchedulingMode;

use super::rules::{any, bytes, from, millis};
use crate::entry::spark_conf;
use crate::size::ByteSize;
use crate::value::{IntegerRule, NumberRule};

spark_conf! {
    /// Partitions of an RDD when the program does not say how many.
    pub DEFAULT_PARALLELISM: Option<u32> = "spark.default.parallelism", from(1),
        unset "all task slots, at least 2; with a `local` master, its slots", since "0.1";

    /// Cores of one task.
    pub TASK_CPUS: u32 = "spark.task.cpus", IntegerRule { min: 1, max: 1 }, default "1", since "0.1";

    /// Number of failures of one task before the job is given up.
    /// Fetch failures, kills and lost executors that were not the task's fault do not count.
    /// With a `local` master the first failure counts.
    pub TASK_MAX_FAILURES: u32 = "spark.task.maxFailures", from(1), default "4", since "0.1";

    /// A task's result up to this size travels in its status message; a larger one is fetched as a block.
    pub TASK_MAX_DIRECT_RESULT_SIZE: ByteSize = "spark.task.maxDirectResultSize", bytes(), default "1m",
        since "0.1";

    /// Attempts of one stage that may fail one after another before the job is given up.
    pub STAGE_MAX_CONSECUTIVE_ATTEMPTS: u32 = "spark.stage.maxConsecutiveAttempts", from(1), default "4",
        since "0.1";

    /// How long a task waits for a slot near its data before it takes one further away.
    pub LOCALITY_WAIT: Duration = "spark.locality.wait", millis(), default "3s", since "0.1";

    /// The same for a slot in the executor that holds the data.
    pub LOCALITY_WAIT_PROCESS: Duration = "spark.locality.wait.process", millis(), like LOCALITY_WAIT,
        since "0.1";

    /// The same for a slot on the host that holds the data.
    pub LOCALITY_WAIT_NODE: Duration = "spark.locality.wait.node", millis(), like LOCALITY_WAIT, since "0.1";

    /// Whether reduce tasks prefer executors that hold much of their input.
    pub SHUFFLE_REDUCE_LOCALITY_ENABLED: bool = "spark.shuffle.reduceLocality.enabled", any(), default "true",
        since "0.1";

    /// How the jobs of the application share its slots.
    pub SCHEDULER_MODE: SchedulingMode = "spark.scheduler.mode", any(), default "FIFO", since "0.1";

    /// File that describes the FAIR pools, in the format of `fairscheduler.xml`.
    pub SCHEDULER_ALLOCATION_FILE: Option<PathBuf> = "spark.scheduler.allocation.file", any(),
        unset "one pool, `default`", since "0.1";

    /// Events that may wait for a listener of the program; what comes while so many wait is dropped, with a warning.
    pub SCHEDULER_LISTENERBUS_EVENTQUEUE_CAPACITY: u32 = "spark.scheduler.listenerbus.eventqueue.capacity", from(1),
        default "10000", since "0.1";

    /// Part of the executors that must have registered before tasks are placed.
    pub SCHEDULER_MIN_REGISTERED_RESOURCES_RATIO: Option<f64> = "spark.scheduler.minRegisteredResourcesRatio",
        NumberRule::RATIO, unset "0.8 on Kubernetes, else 0", since "0.1";

    /// Tasks are placed after so long even if fewer executors than that have registered.
    pub SCHEDULER_MAX_REGISTERED_RESOURCES_WAITING_TIME: Duration =
        "spark.scheduler.maxRegisteredResourcesWaitingTime", millis(), default "30s", since "0.1";

    /// Partitions that `take` and its kind look at first.
    pub RDD_LIMIT_INITIAL_NUM_PARTITIONS: u32 = "spark.rdd.limit.initialNumPartitions", from(1), default "1",
        since "0.1";

    /// By how much `take` and its kind widen the search while they have too few records.
    pub RDD_LIMIT_SCALE_UP_FACTOR: u32 = "spark.rdd.limit.scaleUpFactor", from(2), default "4", since "0.1";
}
