//! What a task attempt and an executor measured. Spark: `TaskMetrics`, `ExecutorMetrics`. Times as the field names say,
//! sizes in bytes.
#![expect(missing_docs, reason = "the field names are Spark's metric names and carry their units")]

use serde::{Deserialize, Serialize};

/// Everything that one attempt measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskMetrics {
    pub executor_deserialize_millis: u64,
    pub executor_run_millis: u64,
    /// The same as `executor_run_millis`, finer: the launch-ahead rule works on it.
    pub executor_run_micros: u64,
    pub executor_cpu_nanos: u64,
    pub result_size: u64,
    pub result_serialization_millis: u64,
    pub memory_bytes_spilled: u64,
    pub disk_bytes_spilled: u64,
    pub peak_execution_memory: u64,
    pub input: InputMetrics,
    pub output: OutputMetrics,
    pub shuffle_read: ShuffleReadMetrics,
    pub shuffle_write: ShuffleWriteMetrics,
}

/// Read from files or from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputMetrics {
    pub bytes_read: u64,
    pub records_read: u64,
}

/// Written to files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputMetrics {
    pub bytes_written: u64,
    pub records_written: u64,
}

/// Read from map outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShuffleReadMetrics {
    pub remote_blocks_fetched: u64,
    pub local_blocks_fetched: u64,
    pub fetch_wait_millis: u64,
    pub remote_bytes_read: u64,
    pub remote_bytes_read_to_disk: u64,
    pub local_bytes_read: u64,
    pub records_read: u64,
}

/// Written as map output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShuffleWriteMetrics {
    pub bytes_written: u64,
    pub write_nanos: u64,
    pub records_written: u64,
}

/// How busy an executor is, as of a heartbeat. Spark: `ExecutorMetrics`, of which most is about a JVM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutorMetrics {
    /// Bytes of unified memory that blocks hold.
    pub storage_memory: u64,
    /// Bytes of unified memory that running tasks hold.
    pub execution_memory: u64,
    /// Resident bytes of the process; 0 where the system does not tell.
    pub resident_memory: u64,
    /// Attempts that run.
    pub running_tasks: u32,
    /// Attempts that wait for a slot.
    pub queued_tasks: u32,
}

impl ExecutorMetrics {
    /// The larger of each.
    #[must_use]
    pub fn peak(self, other: Self) -> Self {
        Self {
            storage_memory: self.storage_memory.max(other.storage_memory),
            execution_memory: self.execution_memory.max(other.execution_memory),
            resident_memory: self.resident_memory.max(other.resident_memory),
            running_tasks: self.running_tasks.max(other.running_tasks),
            queued_tasks: self.queued_tasks.max(other.queued_tasks),
        }
    }
}
