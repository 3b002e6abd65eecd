//! `StageInfo` and `RDDInfo` as Spark writes them.

use hearth_types::{Dependency, RddInfo, StageInfo, StorageLevel};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Stage<'a> {
    #[serde(rename = "Stage ID")]
    id: u32,
    #[serde(rename = "Stage Attempt ID")]
    attempt: u32,
    #[serde(rename = "Stage Name")]
    name: &'a str,
    #[serde(rename = "Number of Tasks")]
    tasks: u32,
    #[serde(rename = "RDD Info")]
    rdds: Vec<Rdd<'a>>,
    #[serde(rename = "Parent IDs")]
    parents: Vec<u32>,
    #[serde(rename = "Details")]
    details: &'a str,
    #[serde(rename = "Submission Time", skip_serializing_if = "Option::is_none")]
    submission: Option<u64>,
    #[serde(rename = "Completion Time", skip_serializing_if = "Option::is_none")]
    completion: Option<u64>,
    #[serde(rename = "Failure Reason", skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    #[serde(rename = "Accumulables")]
    accumulables: [(); 0],
    #[serde(rename = "Resource Profile Id")]
    profile: u32,
    #[serde(rename = "Shuffle Push Enabled")]
    push: bool,
    #[serde(rename = "Shuffle Push Mergers Count")]
    mergers: u32,
}

impl<'a> Stage<'a> {
    pub(super) fn new(info: &'a StageInfo) -> Self {
        Self {
            id: info.stage.0,
            attempt: info.attempt,
            name: &info.name,
            tasks: info.tasks,
            rdds: info.rdds.iter().map(Rdd::new).collect(),
            parents: info.parents.iter().map(|parent| parent.0).collect(),
            details: "",
            submission: info.submission_time.map(|time| time.as_millis()),
            completion: info.completion_time.map(|time| time.as_millis()),
            failure: info.failure_reason.as_deref(),
            accumulables: [],
            profile: 0,
            push: false,
            mergers: 0,
        }
    }
}

#[derive(Serialize)]
struct Rdd<'a> {
    #[serde(rename = "RDD ID")]
    id: u32,
    #[serde(rename = "Name")]
    name: &'a str,
    /// JSON within JSON: that is how Spark's DAG view wants it.
    #[serde(rename = "Scope")]
    scope: String,
    #[serde(rename = "Callsite")]
    call_site: &'a str,
    #[serde(rename = "Parent IDs")]
    parents: Vec<u32>,
    #[serde(rename = "Storage Level")]
    level: Storage,
    #[serde(rename = "Barrier")]
    barrier: bool,
    #[serde(rename = "DeterministicLevel")]
    deterministic: &'static str,
    #[serde(rename = "Number of Partitions")]
    partitions: u32,
    #[serde(rename = "Number of Cached Partitions")]
    cached: u32,
    #[serde(rename = "Memory Size")]
    memory: u64,
    #[serde(rename = "Disk Size")]
    disk: u64,
}

#[derive(Serialize)]
struct Scope<'a> {
    id: String,
    name: &'a str,
}

impl<'a> Rdd<'a> {
    fn new(info: &'a RddInfo) -> Self {
        let parents = info.dependencies.iter().map(|dependency| match dependency {
            Dependency::Narrow { parent, .. } | Dependency::Shuffle { parent, .. } => parent.0,
        });
        let operation =
            info.call_site.split_once(" at ").map_or(info.name.as_str(), |(operation, _)| operation);
        let scope = Scope { id: info.id.to_string(), name: operation };
        Self {
            id: info.id.0,
            name: &info.name,
            scope: serde_json::to_string(&scope).unwrap_or_default(),
            call_site: &info.call_site,
            parents: parents.collect(),
            level: Storage::new(info.storage_level),
            barrier: false,
            deterministic: "DETERMINATE",
            partitions: info.partitions,
            cached: 0,
            memory: 0,
            disk: 0,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Storage {
    #[serde(rename = "Use Disk")]
    disk: bool,
    #[serde(rename = "Use Memory")]
    memory: bool,
    #[serde(rename = "Use Off Heap")]
    off_heap: bool,
    #[serde(rename = "Deserialized")]
    deserialized: bool,
    #[serde(rename = "Replication")]
    replication: u32,
}

impl Storage {
    pub(super) fn new(level: StorageLevel) -> Self {
        let StorageLevel { disk, memory, deserialized } = level;
        Self { disk, memory, off_heap: false, deserialized, replication: 1 }
    }
}
