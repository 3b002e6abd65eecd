//! Listener events as Spark's JSON. Spark: `JsonProtocol`.
//!
//! The reader is Apache's History Server: the line is compact, `Event` comes first, and the fields that its parser
//! insists on are always there.
//! What only a JVM has (heap figures, garbage collection) is zero or left out where the reader allows it.

mod executor;
mod stage;
mod task;

use std::collections::BTreeMap;

use hearth_types::{
    BlockId, BlockUpdate, ExecutorId, JobOutcome, JobProperties, ListenerEvent, StorageLevel,
};
use serde::{Serialize, Serializer};

use self::executor::{Executor, StageMetrics};
use self::stage::{Stage, Storage};
use self::task::{EndReason, Ended, Metrics};

/// The Spark release whose format the log has.
pub const SPARK_VERSION: &str = "4.3.0";

/// Writes events as lines. Remembers where block managers are, since Spark repeats it when one goes.
#[derive(Debug, Default)]
pub struct JsonProtocol {
    addresses: BTreeMap<ExecutorId, (String, u16)>,
}

impl JsonProtocol {
    /// The first line of every log.
    pub fn log_start(out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"Event":"SparkListenerLogStart","Spark Version":""#);
        out.extend_from_slice(SPARK_VERSION.as_bytes());
        out.extend_from_slice(br#""}"#);
    }

    /// Appends the line of one event, without the line break.
    pub fn write(&mut self, event: &ListenerEvent, out: &mut Vec<u8>) -> serde_json::Result<()> {
        if let ListenerEvent::BlockManagerAdded { executor, address, .. } = event {
            let (host, port) = address.rsplit_once(':').unwrap_or(("localhost", ""));
            self.addresses.insert(*executor, (host.to_owned(), port.parse().unwrap_or(NO_PORT)));
        }
        serde_json::to_writer(&mut *out, &self.line(event))?;
        if let ListenerEvent::BlockManagerRemoved { executor, .. } = event {
            self.addresses.remove(executor);
        }
        Ok(())
    }

    fn block_manager(&self, executor: ExecutorId) -> BlockManager<'_> {
        match self.addresses.get(&executor) {
            Some((host, port)) => BlockManager { executor: id(executor), host, port: *port },
            None => BlockManager { executor: id(executor), host: "localhost", port: NO_PORT },
        }
    }

    fn line<'a>(&'a self, event: &'a ListenerEvent) -> Line<'a> {
        match event {
            ListenerEvent::ApplicationStart { name, id, time, user } => {
                Line::ApplicationStart { name, id, time: time.as_millis(), user }
            }
            ListenerEvent::EnvironmentUpdate { spark_properties } => Line::EnvironmentUpdate {
                jvm: Empty {},
                spark: Pairs(spark_properties),
                hadoop: Empty {},
                system: Empty {},
                metrics: Empty {},
                classpath: Empty {},
            },
            ListenerEvent::ApplicationEnd { time } => Line::ApplicationEnd { time: time.as_millis() },
            ListenerEvent::ExecutorAdded { time, executor, host, cores } => Line::ExecutorAdded {
                time: time.as_millis(),
                executor: id(*executor),
                info: Executor::new(host, *cores),
            },
            ListenerEvent::ExecutorRemoved { time, executor, reason } => Line::ExecutorRemoved {
                time: time.as_millis(),
                executor: id(*executor),
                reason: reason.to_string(),
            },
            ListenerEvent::BlockManagerAdded { time, executor, address: _, max_memory } => {
                Line::BlockManagerAdded {
                    manager: self.block_manager(*executor),
                    max_memory: *max_memory,
                    time: time.as_millis(),
                    on_heap: *max_memory,
                    off_heap: 0,
                }
            }
            ListenerEvent::BlockManagerRemoved { time, executor } => {
                Line::BlockManagerRemoved { manager: self.block_manager(*executor), time: time.as_millis() }
            }
            ListenerEvent::ExecutorMetricsUpdate { executor, metrics } => Line::ExecutorMetricsUpdate {
                executor: id(*executor),
                tasks: [],
                metrics: [StageMetrics::of_no_stage(metrics)],
            },
            ListenerEvent::JobStart { job, time, stages, properties } => Line::JobStart {
                job: job.0,
                time: time.as_millis(),
                infos: stages.iter().map(Stage::new).collect(),
                ids: stages.iter().map(|stage| stage.stage.0).collect(),
                properties: property_map(properties),
            },
            ListenerEvent::JobEnd { job, time, outcome } => Line::JobEnd {
                job: job.0,
                time: time.as_millis(),
                result: match outcome {
                    JobOutcome::Succeeded => Outcome::Succeeded,
                    JobOutcome::Failed { message } => {
                        Outcome::Failed { exception: Exception { message, stack_trace: [] } }
                    }
                },
            },
            ListenerEvent::StageSubmitted { stage, properties } => {
                Line::StageSubmitted { info: Stage::new(stage), properties: property_map(properties) }
            }
            ListenerEvent::StageCompleted { stage } => Line::StageCompleted { info: Stage::new(stage) },
            ListenerEvent::TaskStart { stage, stage_attempt, task } => {
                Line::TaskStart { stage: stage.0, attempt: *stage_attempt, task: task::Task::new(task) }
            }
            ListenerEvent::TaskGettingResult { task } => {
                Line::TaskGettingResult { task: task::Task::new(task) }
            }
            ListenerEvent::TaskEnd { stage, stage_attempt, is_map, reason, task, metrics } => {
                let from = |executor| self.block_manager(executor);
                Line::TaskEnd(Box::new(Ended {
                    stage: stage.0,
                    attempt: *stage_attempt,
                    kind: if *is_map { "ShuffleMapTask" } else { "ResultTask" },
                    reason: EndReason::new(reason, *stage, task, &from),
                    task: task::Task::new(task),
                    metrics: Metrics::new(metrics),
                }))
            }
            ListenerEvent::BlockUpdated { executor, update } => {
                Line::BlockUpdated { info: Block::new(self.block_manager(*executor), update) }
            }
            ListenerEvent::UnpersistRdd { rdd } => Line::UnpersistRdd { rdd: rdd.0 },
        }
    }
}

/// Spark's reader insists on a port above zero; an executor that serves no blocks gets this one.
const NO_PORT: u16 = 1;

/// One line, `Event` first.
#[derive(Serialize)]
#[serde(tag = "Event")]
enum Line<'a> {
    #[serde(rename = "SparkListenerApplicationStart")]
    ApplicationStart {
        #[serde(rename = "App Name")]
        name: &'a str,
        #[serde(rename = "App ID")]
        id: &'a str,
        #[serde(rename = "Timestamp")]
        time: u64,
        #[serde(rename = "User")]
        user: &'a str,
    },
    #[serde(rename = "SparkListenerEnvironmentUpdate")]
    EnvironmentUpdate {
        #[serde(rename = "JVM Information")]
        jvm: Empty,
        #[serde(rename = "Spark Properties")]
        spark: Pairs<'a>,
        #[serde(rename = "Hadoop Properties")]
        hadoop: Empty,
        #[serde(rename = "System Properties")]
        system: Empty,
        #[serde(rename = "Metrics Properties")]
        metrics: Empty,
        #[serde(rename = "Classpath Entries")]
        classpath: Empty,
    },
    #[serde(rename = "SparkListenerApplicationEnd")]
    ApplicationEnd {
        #[serde(rename = "Timestamp")]
        time: u64,
    },
    #[serde(rename = "SparkListenerExecutorAdded")]
    ExecutorAdded {
        #[serde(rename = "Timestamp")]
        time: u64,
        #[serde(rename = "Executor ID")]
        executor: String,
        #[serde(rename = "Executor Info")]
        info: Executor<'a>,
    },
    #[serde(rename = "SparkListenerExecutorRemoved")]
    ExecutorRemoved {
        #[serde(rename = "Timestamp")]
        time: u64,
        #[serde(rename = "Executor ID")]
        executor: String,
        #[serde(rename = "Removed Reason")]
        reason: String,
    },
    #[serde(rename = "SparkListenerBlockManagerAdded")]
    BlockManagerAdded {
        #[serde(rename = "Block Manager ID")]
        manager: BlockManager<'a>,
        #[serde(rename = "Maximum Memory")]
        max_memory: u64,
        #[serde(rename = "Timestamp")]
        time: u64,
        #[serde(rename = "Maximum Onheap Memory")]
        on_heap: u64,
        #[serde(rename = "Maximum Offheap Memory")]
        off_heap: u64,
    },
    #[serde(rename = "SparkListenerBlockManagerRemoved")]
    BlockManagerRemoved {
        #[serde(rename = "Block Manager ID")]
        manager: BlockManager<'a>,
        #[serde(rename = "Timestamp")]
        time: u64,
    },
    #[serde(rename = "SparkListenerExecutorMetricsUpdate")]
    ExecutorMetricsUpdate {
        #[serde(rename = "Executor ID")]
        executor: String,
        #[serde(rename = "Metrics Updated")]
        tasks: [(); 0],
        #[serde(rename = "Executor Metrics Updated")]
        metrics: [StageMetrics; 1],
    },
    #[serde(rename = "SparkListenerJobStart")]
    JobStart {
        #[serde(rename = "Job ID")]
        job: u32,
        #[serde(rename = "Submission Time")]
        time: u64,
        #[serde(rename = "Stage Infos")]
        infos: Vec<Stage<'a>>,
        #[serde(rename = "Stage IDs")]
        ids: Vec<u32>,
        #[serde(rename = "Properties")]
        properties: BTreeMap<&'a str, String>,
    },
    #[serde(rename = "SparkListenerJobEnd")]
    JobEnd {
        #[serde(rename = "Job ID")]
        job: u32,
        #[serde(rename = "Completion Time")]
        time: u64,
        #[serde(rename = "Job Result")]
        result: Outcome<'a>,
    },
    #[serde(rename = "SparkListenerStageSubmitted")]
    StageSubmitted {
        #[serde(rename = "Stage Info")]
        info: Stage<'a>,
        #[serde(rename = "Properties")]
        properties: BTreeMap<&'a str, String>,
    },
    #[serde(rename = "SparkListenerStageCompleted")]
    StageCompleted {
        #[serde(rename = "Stage Info")]
        info: Stage<'a>,
    },
    #[serde(rename = "SparkListenerTaskStart")]
    TaskStart {
        #[serde(rename = "Stage ID")]
        stage: u32,
        #[serde(rename = "Stage Attempt ID")]
        attempt: u32,
        #[serde(rename = "Task Info")]
        task: task::Task<'a>,
    },
    #[serde(rename = "SparkListenerTaskGettingResult")]
    TaskGettingResult {
        #[serde(rename = "Task Info")]
        task: task::Task<'a>,
    },
    #[serde(rename = "SparkListenerTaskEnd")]
    TaskEnd(Box<Ended<'a>>),
    #[serde(rename = "SparkListenerBlockUpdated")]
    BlockUpdated {
        #[serde(rename = "Block Updated Info")]
        info: Block<'a>,
    },
    #[serde(rename = "SparkListenerUnpersistRDD")]
    UnpersistRdd {
        #[serde(rename = "RDD ID")]
        rdd: u32,
    },
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BlockManager<'a> {
    #[serde(rename = "Executor ID")]
    executor: String,
    host: &'a str,
    port: u16,
}

#[derive(Serialize)]
struct Block<'a> {
    #[serde(rename = "Block Manager ID")]
    manager: BlockManager<'a>,
    #[serde(rename = "Block ID")]
    block: String,
    #[serde(rename = "Storage Level")]
    level: Storage,
    #[serde(rename = "Memory Size")]
    memory: u64,
    #[serde(rename = "Disk Size")]
    disk: u64,
}

impl<'a> Block<'a> {
    fn new(manager: BlockManager<'a>, update: &BlockUpdate) -> Self {
        let BlockUpdate { rdd, partition, level, memory_size, disk_size } = *update;
        let level: StorageLevel = level;
        Self {
            manager,
            block: BlockId::Rdd { rdd, partition }.to_string(),
            level: Storage::new(level),
            memory: memory_size,
            disk: disk_size,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "Result")]
enum Outcome<'a> {
    #[serde(rename = "JobSucceeded")]
    Succeeded,
    #[serde(rename = "JobFailed")]
    Failed {
        #[serde(rename = "Exception")]
        exception: Exception<'a>,
    },
}

#[derive(Serialize)]
struct Exception<'a> {
    #[serde(rename = "Message")]
    message: &'a str,
    #[serde(rename = "Stack Trace")]
    stack_trace: [(); 0],
}

/// Pairs as an object, in their order.
struct Pairs<'a>(&'a [(String, String)]);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn id(executor: ExecutorId) -> String {
    executor.to_string()
}

/// What the submitting thread said, under the keys by which Spark's UI finds it.
fn property_map(properties: &JobProperties) -> BTreeMap<&str, String> {
    let JobProperties { pool, group, description, tags, interrupt_on_cancel, call_site, local } = properties;
    let mut map: BTreeMap<&str, String> =
        local.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let named = [
        ("spark.scheduler.pool", pool),
        ("spark.jobGroup.id", group),
        ("spark.job.description", description),
    ];
    map.extend(named.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
    if !tags.is_empty() {
        map.insert("spark.job.tags", tags.join(","));
    }
    if *interrupt_on_cancel {
        map.insert("spark.job.interruptOnCancel", "true".to_owned());
    }
    if !call_site.is_empty() {
        map.insert("callSite.short", call_site.clone());
    }
    map
}
