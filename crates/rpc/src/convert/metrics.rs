//! Task metrics. A group in which everything is zero does not travel: most tasks have most groups so.

use hearth_types::{InputMetrics, OutputMetrics, ShuffleReadMetrics, ShuffleWriteMetrics, TaskMetrics};

use crate::generated::control as pb;

impl From<&TaskMetrics> for pb::TaskMetrics {
    fn from(metrics: &TaskMetrics) -> Self {
        Self {
            executor_deserialize_millis: metrics.executor_deserialize_millis,
            executor_run_millis: metrics.executor_run_millis,
            executor_run_micros: metrics.executor_run_micros,
            executor_cpu_nanos: metrics.executor_cpu_nanos,
            result_size: metrics.result_size,
            result_serialization_millis: metrics.result_serialization_millis,
            memory_bytes_spilled: metrics.memory_bytes_spilled,
            disk_bytes_spilled: metrics.disk_bytes_spilled,
            peak_execution_memory: metrics.peak_execution_memory,
            input: unless_zero(metrics.input),
            output: unless_zero(metrics.output),
            shuffle_read: unless_zero(metrics.shuffle_read),
            shuffle_write: unless_zero(metrics.shuffle_write),
        }
    }
}

impl From<pb::TaskMetrics> for TaskMetrics {
    fn from(metrics: pb::TaskMetrics) -> Self {
        Self {
            executor_deserialize_millis: metrics.executor_deserialize_millis,
            executor_run_millis: metrics.executor_run_millis,
            executor_run_micros: metrics.executor_run_micros,
            executor_cpu_nanos: metrics.executor_cpu_nanos,
            result_size: metrics.result_size,
            result_serialization_millis: metrics.result_serialization_millis,
            memory_bytes_spilled: metrics.memory_bytes_spilled,
            disk_bytes_spilled: metrics.disk_bytes_spilled,
            peak_execution_memory: metrics.peak_execution_memory,
            input: or_zero(metrics.input),
            output: or_zero(metrics.output),
            shuffle_read: or_zero(metrics.shuffle_read),
            shuffle_write: or_zero(metrics.shuffle_write),
        }
    }
}

fn unless_zero<A: Default + PartialEq, B: From<A>>(group: A) -> Option<B> {
    (group != A::default()).then(|| group.into())
}

fn or_zero<A, B: Default + From<A>>(group: Option<A>) -> B {
    group.map(B::from).unwrap_or_default()
}

/// Both directions of a group whose fields are named alike.
macro_rules! same_fields {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl From<$name> for pb::$name {
            fn from(group: $name) -> Self {
                let $name { $($field),+ } = group;
                Self { $($field),+ }
            }
        }

        impl From<pb::$name> for $name {
            fn from(group: pb::$name) -> Self {
                let pb::$name { $($field),+ } = group;
                Self { $($field),+ }
            }
        }
    };
}

same_fields!(InputMetrics { bytes_read, records_read });
same_fields!(OutputMetrics { bytes_written, records_written });
same_fields!(ShuffleReadMetrics {
    remote_blocks_fetched,
    local_blocks_fetched,
    fetch_wait_millis,
    remote_bytes_read,
    remote_bytes_read_to_disk,
    local_bytes_read,
    records_read,
});
same_fields!(ShuffleWriteMetrics { bytes_written, write_nanos, records_written });
