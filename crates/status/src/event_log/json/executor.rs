//! What an executor measured, in Spark's form. Spark: `JsonProtocol.executorMetricsUpdateToJson`.
//!
//! Spark logs these of its driver only; ours logs those of every executor, and the History Server keeps the peaks.

use hearth_types::ExecutorMetrics;
use serde::Serialize;

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
