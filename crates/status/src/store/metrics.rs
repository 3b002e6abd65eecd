//! Sums of task metrics. Spark: `LiveEntityHelpers.addMetrics`.

use hearth_types::TaskMetrics;

/// Adds what one task measured to a sum; `peak_execution_memory` takes the greater.
pub(crate) fn add(sum: &mut TaskMetrics, one: &TaskMetrics) {
    plus(&mut sum.executor_deserialize_millis, one.executor_deserialize_millis);
    plus(&mut sum.executor_run_millis, one.executor_run_millis);
    plus(&mut sum.executor_run_micros, one.executor_run_micros);
    plus(&mut sum.executor_cpu_nanos, one.executor_cpu_nanos);
    plus(&mut sum.result_size, one.result_size);
    plus(&mut sum.result_serialization_millis, one.result_serialization_millis);
    plus(&mut sum.memory_bytes_spilled, one.memory_bytes_spilled);
    plus(&mut sum.disk_bytes_spilled, one.disk_bytes_spilled);
    sum.peak_execution_memory = sum.peak_execution_memory.max(one.peak_execution_memory);
    plus(&mut sum.input.bytes_read, one.input.bytes_read);
    plus(&mut sum.input.records_read, one.input.records_read);
    plus(&mut sum.output.bytes_written, one.output.bytes_written);
    plus(&mut sum.output.records_written, one.output.records_written);
    let (read, more) = (&mut sum.shuffle_read, &one.shuffle_read);
    plus(&mut read.remote_blocks_fetched, more.remote_blocks_fetched);
    plus(&mut read.local_blocks_fetched, more.local_blocks_fetched);
    plus(&mut read.fetch_wait_millis, more.fetch_wait_millis);
    plus(&mut read.remote_bytes_read, more.remote_bytes_read);
    plus(&mut read.remote_bytes_read_to_disk, more.remote_bytes_read_to_disk);
    plus(&mut read.local_bytes_read, more.local_bytes_read);
    plus(&mut read.records_read, more.records_read);
    let (write, more) = (&mut sum.shuffle_write, &one.shuffle_write);
    plus(&mut write.bytes_written, more.bytes_written);
    plus(&mut write.write_nanos, more.write_nanos);
    plus(&mut write.records_written, more.records_written);
}

fn plus(sum: &mut u64, one: u64) {
    *sum = sum.saturating_add(one);
}
