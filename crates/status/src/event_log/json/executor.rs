//! An executor and what it measured, in Spark's form. Spark: `JsonProtocol.executorInfoToJson`,
//! `executorMetricsUpdateToJson`.
//!
//! Spark logs the measurements of its driver only, and only when asked; ours logs those of every executor, of which
//! the History Server keeps the peaks.

use hearth_types::{ExecutorMetrics, HostName};
use serde::Serialize;

use super::Empty;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Executor<'a> {
    host: &'a str,
    #[serde(rename = "Total Cores")]
    cores: u32,
    #[serde(rename = "Log Urls")]
    log_urls: Empty,
    attributes: Empty,
    resources: Empty,
    #[serde(rename = "Resource Profile Id")]
    profile: u32,
}

impl<'a> Executor<'a> {
    pub(super) fn new(host: &'a HostName, cores: u32) -> Self {
        Self {
            host: &host.0,
            cores,
            log_urls: Empty {},
            attributes: Empty {},
            resources: Empty {},
            profile: 0,
        }
    }
}

/// What an executor measured while a stage ran.
#[derive(Serialize)]
pub(super) struct StageMetrics {
    #[serde(rename = "Stage ID")]
    stage: i32,
    #[serde(rename = "Stage Attempt ID")]
    attempt: i32,
    #[serde(rename = "Executor Metrics")]
    metrics: Metrics,
}

/// Those of Spark's figures that exist without a JVM; its reader takes the others as zero.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    on_heap_execution_memory: u64,
    on_heap_storage_memory: u64,
    on_heap_unified_memory: u64,
    #[serde(rename = "ProcessTreeOtherRSSMemory")]
    resident_memory: u64,
}

impl StageMetrics {
    /// Figures of the executor as a whole, for which Spark writes -1.
    pub(super) fn of_no_stage(metrics: &ExecutorMetrics) -> Self {
        let ExecutorMetrics {
            storage_memory,
            execution_memory,
            resident_memory,
            running_tasks: _,
            queued_tasks: _,
        } = *metrics;
        Self {
            stage: -1,
            attempt: -1,
            metrics: Metrics {
                on_heap_execution_memory: execution_memory,
                on_heap_storage_memory: storage_memory,
                on_heap_unified_memory: execution_memory.saturating_add(storage_memory),
                resident_memory,
            },
        }
    }
}
