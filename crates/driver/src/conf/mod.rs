//! The driver's settings, read once from the configuration. Spark: what `SparkContext` reads of `SparkConf`.

mod pools;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use hearth_conf::entries::{application, executor, hearth, scheduler, ui};
use hearth_conf::{Error as ConfError, RedactionRegex, SparkConf};
use hearth_scheduler::{AllocationConf, ExecutorsConf, SchedulerConf};
use hearth_status::{BusConf, EventLogConf, Limits};

use crate::error::Error;

pub use pools::{PoolError, parse_pools};

/// How often the progress bar is drawn anew. Spark: `spark.ui.consoleProgress.update.interval`.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Executors when neither `spark.executor.instances` nor dynamic allocation says how many. Spark:
/// `SchedulerBackendUtils.DEFAULT_NUMBER_EXECUTORS`.
pub const DEFAULT_INSTANCES: u32 = 2;

/// Where the tasks of an application run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// In the driver's own process (`local[N]`).
    Local {
        /// `N`.
        slots: u32,
    },
    /// In executor processes.
    Cluster {
        /// Slots of each.
        slots: u32,
        /// `spark.scheduler.minRegisteredResourcesRatio` when it is not set: 0.8 on Kubernetes, else 0, in percent.
        min_registered_percent: u8,
    },
}

/// Everything that a user can set of the driver.
#[derive(Clone, Debug)]
pub struct DriverConf {
    /// Identifies the application.
    pub application_id: String,
    /// `spark.app.name`.
    pub name: String,
    /// The user it runs as.
    pub user: String,
    /// `spark.*` keys and values that the environment page shows, redacted.
    pub spark_properties: Vec<(String, String)>,
    /// Settings of the scheduler.
    pub scheduler: SchedulerConf,
    /// Seed of the scheduler's random order.
    pub seed: u64,
    /// How much the status store keeps.
    pub limits: Limits,
    /// Settings of the listener bus.
    pub bus: BusConf,
    /// The event log, when it is on.
    pub event_log: Option<EventLogConf>,
    /// What the event log does not show.
    pub redaction: RedactionRegex,
    /// How often to draw the progress bar, when it is on.
    pub progress: Option<Duration>,
}

impl DriverConf {
    /// Reads the settings. An error names the key and the value.
    pub fn new(conf: &SparkConf, deployment: Deployment) -> Result<Self, Error> {
        let micros = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        let kind = match deployment {
            Deployment::Local { .. } => "local",
            Deployment::Cluster { .. } => "spark",
        };
        // Spark's local ones have the time, which two that start together may share, and then their files too.
        let application_id = conf
            .get("spark.app.id")
            .map_or_else(|| format!("{kind}-{}", uuid::Uuid::new_v4().simple()), str::to_owned);
        let name = conf.get_entry(&application::APP_NAME)?.unwrap_or_else(program_name);
        Ok(Self {
            spark_properties: spark_properties(conf, &application_id, &name),
            application_id,
            name,
            user: std::env::var("SPARK_USER")
                .or_else(|_| std::env::var("USER"))
                .unwrap_or_else(|_| "root".to_owned()),
            scheduler: scheduler_conf(conf, deployment)?,
            seed: u64::try_from(micros).unwrap_or(0),
            limits: Limits {
                jobs: conf.get_entry(&ui::UI_RETAINED_JOBS)? as usize,
                stages: conf.get_entry(&ui::UI_RETAINED_STAGES)? as usize,
                tasks: conf.get_entry(&ui::UI_RETAINED_TASKS)? as usize,
                ..Limits::default()
            },
            bus: BusConf {
                capacity: conf.get_entry(&scheduler::SCHEDULER_LISTENERBUS_EVENTQUEUE_CAPACITY)? as usize,
                ..BusConf::default()
            },
            event_log: event_log_conf(conf)?,
            redaction: conf.get_entry(&application::REDACTION_REGEX)?,
            progress: conf.get_entry(&ui::UI_SHOW_CONSOLE_PROGRESS)?.then_some(PROGRESS_INTERVAL),
        })
    }
}

/// What the user set, and the name and id that the application has in any case.
fn spark_properties(conf: &SparkConf, id: &str, name: &str) -> Vec<(String, String)> {
    let set = conf.redacted().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut all: BTreeMap<String, String> = set.collect();
    all.entry("spark.app.id".to_owned()).or_insert_with(|| id.to_owned());
    all.entry("spark.app.name".to_owned()).or_insert_with(|| name.to_owned());
    all.into_iter().collect()
}

fn program_name() -> String {
    let program = std::env::current_exe().ok();
    let name = program.as_ref().and_then(|path| path.file_name());
    name.map_or_else(|| "hearth".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn scheduler_conf(conf: &SparkConf, deployment: Deployment) -> Result<SchedulerConf, Error> {
    let max_failures = conf.get_entry(&scheduler::TASK_MAX_FAILURES)?;
    let ratio = conf.get_entry(&scheduler::SCHEDULER_MIN_REGISTERED_RESOURCES_RATIO)?;
    let (task_max_failures, min_registered_ratio) = match deployment {
        Deployment::Local { .. } => (1, 0.0),
        Deployment::Cluster { min_registered_percent, .. } => {
            (max_failures, ratio.unwrap_or_else(|| f64::from(min_registered_percent) / 100.0))
        }
    };
    let max_result_size = conf.get_entry(&application::DRIVER_MAX_RESULT_SIZE)?.bytes();
    let pools = match conf.get_entry(&scheduler::SCHEDULER_ALLOCATION_FILE)? {
        Some(file) => read_pools(file)?,
        None => BTreeMap::new(),
    };
    Ok(SchedulerConf {
        task_max_failures,
        stage_max_consecutive_attempts: conf.get_entry(&scheduler::STAGE_MAX_CONSECUTIVE_ATTEMPTS)?,
        locality_wait_process: conf.get_entry(&scheduler::LOCALITY_WAIT_PROCESS)?,
        locality_wait_node: conf.get_entry(&scheduler::LOCALITY_WAIT_NODE)?,
        reduce_locality: conf.get_entry(&scheduler::SHUFFLE_REDUCE_LOCALITY_ENABLED)?,
        mode: conf.get_entry(&scheduler::SCHEDULER_MODE)?,
        pools,
        max_result_size: (max_result_size > 0).then_some(max_result_size),
        executor_timeout: conf.get_entry(&executor::NETWORK_TIMEOUT)?,
        min_registered_ratio,
        max_registered_wait: conf.get_entry(&scheduler::SCHEDULER_MAX_REGISTERED_RESOURCES_WAITING_TIME)?,
        executors: executors_conf(conf, deployment)?,
        launch_ahead: conf.get_entry(&hearth::HEARTH_LAUNCH_AHEAD)?,
        ..SchedulerConf::default()
    })
}

fn executors_conf(conf: &SparkConf, deployment: Deployment) -> Result<ExecutorsConf, ConfError> {
    let slots = match deployment {
        Deployment::Local { slots } => return Ok(ExecutorsConf::Fixed { count: 1, slots }),
        Deployment::Cluster { slots, .. } => slots,
    };
    let asked = conf.get_entry(&executor::EXECUTOR_INSTANCES)?;
    if !conf.get_entry(&executor::DYNAMIC_ALLOCATION_ENABLED)? {
        return Ok(ExecutorsConf::Fixed { count: asked.unwrap_or(DEFAULT_INSTANCES), slots });
    }
    let min = conf.get_entry(&executor::DYNAMIC_ALLOCATION_MIN_EXECUTORS)?;
    let initial = conf.get_entry(&executor::DYNAMIC_ALLOCATION_INITIAL_EXECUTORS)?;
    let max = conf.get_entry(&executor::DYNAMIC_ALLOCATION_MAX_EXECUTORS)?;
    Ok(ExecutorsConf::Dynamic(AllocationConf {
        min,
        initial: initial.max(min).max(asked.unwrap_or(0)).min(max),
        max,
        ratio: conf.get_entry(&executor::DYNAMIC_ALLOCATION_EXECUTOR_ALLOCATION_RATIO)?,
        slots,
        backlog_timeout: conf.get_entry(&executor::DYNAMIC_ALLOCATION_SCHEDULER_BACKLOG_TIMEOUT)?,
        sustained_backlog_timeout: conf
            .get_entry(&executor::DYNAMIC_ALLOCATION_SUSTAINED_SCHEDULER_BACKLOG_TIMEOUT)?,
        idle_timeout: conf.get_entry(&executor::DYNAMIC_ALLOCATION_EXECUTOR_IDLE_TIMEOUT)?,
        cached_idle_timeout: conf.get_entry(&executor::DYNAMIC_ALLOCATION_CACHED_EXECUTOR_IDLE_TIMEOUT)?,
        shuffle_tracking: conf.get_entry(&executor::DYNAMIC_ALLOCATION_SHUFFLE_TRACKING_ENABLED)?,
        shuffle_timeout: conf.get_entry(&executor::DYNAMIC_ALLOCATION_SHUFFLE_TRACKING_TIMEOUT)?,
    }))
}

fn read_pools(file: PathBuf) -> Result<BTreeMap<String, hearth_scheduler::PoolConf>, Error> {
    match std::fs::read_to_string(&file) {
        Ok(text) => parse_pools(&text).map_err(|source| Error::Pools { file, source }),
        Err(source) => Err(Error::ReadPools { file, source }),
    }
}

fn event_log_conf(conf: &SparkConf) -> Result<Option<EventLogConf>, Error> {
    if !conf.get_entry(&ui::EVENT_LOG_ENABLED)? {
        return Ok(None);
    }
    let value = conf.get_entry(&ui::EVENT_LOG_DIR)?;
    let directory = match value.strip_prefix("file:") {
        Some(path) => PathBuf::from(path.strip_prefix("//").unwrap_or(path)),
        None if value.contains("://") => return Err(Error::EventLogScheme { value }),
        None => PathBuf::from(value),
    };
    let mut log = EventLogConf::new(directory);
    log.compress = conf.get_entry(&ui::EVENT_LOG_COMPRESS)?;
    if !conf.get_entry(&ui::EVENT_LOG_ROLLING_ENABLED)? {
        log.rolling = None;
    }
    Ok(Some(log))
}

#[cfg(test)]
mod tests;
