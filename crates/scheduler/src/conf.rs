//! What the scheduler lets a user set. Built once from `SparkConf` by the driver; no key is read after that.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_types::SchedulingMode;

/// Settings of the scheduler, each with the Spark key it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct SchedulerConf {
    /// `spark.task.maxFailures`; 1 with a `local` master.
    pub task_max_failures: u32,
    /// `spark.stage.maxConsecutiveAttempts`.
    pub stage_max_consecutive_attempts: u32,
    /// How long to collect further fetch failures before stages are submitted again. Spark: `RESUBMIT_TIMEOUT`.
    pub resubmit_delay: Duration,
    /// `spark.locality.wait.process`.
    pub locality_wait_process: Duration,
    /// `spark.locality.wait.node`.
    pub locality_wait_node: Duration,
    /// `spark.shuffle.reduceLocality.enabled`.
    pub reduce_locality: bool,
    /// `spark.scheduler.mode`.
    pub mode: SchedulingMode,
    /// Pools of `spark.scheduler.allocation.file`, by name.
    pub pools: BTreeMap<String, PoolConf>,
    /// `spark.driver.maxResultSize`; `None` is unlimited.
    pub max_result_size: Option<u64>,
    /// `spark.network.timeout`: an executor silent for so long is lost.
    pub executor_timeout: Duration,
    /// `spark.scheduler.minRegisteredResourcesRatio`, 0 to 1.
    pub min_registered_ratio: f64,
    /// `spark.scheduler.maxRegisteredResourcesWaitingTime`.
    pub max_registered_wait: Duration,
    /// How many executors to have: fixed, or within bounds.
    pub executors: ExecutorsConf,
    /// How much short work may wait on an executor beyond its slots (`spark.hearth.scheduler.launchAhead`),
    /// as the time that work is expected to take. Zero: one task per slot, as in Spark. See ADR 0003.
    pub launch_ahead: Duration,
    /// Whether the random placement of tasks over executors is on (off in scripts that fix the order).
    pub shuffle_offers: bool,
}

/// Weight and share of one FAIR pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConf {
    /// How its own task sets share: `schedulingMode`.
    pub mode: SchedulingMode,
    /// `weight`.
    pub weight: u32,
    /// `minShare`, in slots.
    pub min_share: u32,
}

/// How many executors an application has.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutorsConf {
    /// `spark.executor.instances`, each with so many slots.
    Fixed {
        /// How many.
        count: u32,
        /// Slots of each.
        slots: u32,
    },
    /// `spark.dynamicAllocation.*`.
    Dynamic(AllocationConf),
}

/// Spark's dynamic allocation keys (without `spark.dynamicAllocation.`).
#[derive(Clone, Debug, PartialEq)]
pub struct AllocationConf {
    /// `minExecutors`.
    pub min: u32,
    /// `initialExecutors`, already raised to min and `spark.executor.instances`.
    pub initial: u32,
    /// `maxExecutors`.
    pub max: u32,
    /// `executorAllocationRatio`, 0 to 1.
    pub ratio: f64,
    /// Slots of one executor.
    pub slots: u32,
    /// `schedulerBacklogTimeout`.
    pub backlog_timeout: Duration,
    /// `sustainedSchedulerBacklogTimeout`.
    pub sustained_backlog_timeout: Duration,
    /// `executorIdleTimeout`.
    pub idle_timeout: Duration,
    /// `cachedExecutorIdleTimeout`; `None` is never.
    pub cached_idle_timeout: Option<Duration>,
    /// `shuffleTracking.enabled`.
    pub shuffle_tracking: bool,
    /// `shuffleTracking.timeout`; `None` is never.
    pub shuffle_timeout: Option<Duration>,
}

/// Spark's defaults, for a fixed number of two executors with one slot each.
impl Default for SchedulerConf {
    fn default() -> Self {
        Self {
            task_max_failures: 4,
            stage_max_consecutive_attempts: 4,
            resubmit_delay: Duration::from_millis(200),
            locality_wait_process: Duration::from_secs(3),
            locality_wait_node: Duration::from_secs(3),
            reduce_locality: true,
            mode: SchedulingMode::Fifo,
            pools: BTreeMap::new(),
            max_result_size: Some(1 << 30),
            executor_timeout: Duration::from_secs(120),
            min_registered_ratio: 0.0,
            max_registered_wait: Duration::from_secs(30),
            executors: ExecutorsConf::Fixed { count: 2, slots: 1 },
            launch_ahead: Duration::from_millis(2),
            shuffle_offers: true,
        }
    }
}

/// Spark's defaults, for executors with one slot.
impl Default for AllocationConf {
    fn default() -> Self {
        Self {
            min: 0,
            initial: 0,
            max: u32::MAX,
            ratio: 1.0,
            slots: 1,
            backlog_timeout: Duration::from_secs(1),
            sustained_backlog_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(60),
            cached_idle_timeout: None,
            shuffle_tracking: true,
            shuffle_timeout: None,
        }
    }
}
