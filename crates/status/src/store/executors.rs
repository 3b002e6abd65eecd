//! Executors, living and dead. Spark: `LiveExecutor`.

use std::collections::{BTreeMap, VecDeque};

use hearth_types::{
    ExecutorId, ExecutorLossReason, ExecutorMetrics, HostName, TaskEndReason, TaskInfo, TaskMetrics,
    Timestamp,
};

use super::data::ExecutorData;
use super::tasks::EndKind;

#[derive(Debug, Default)]
pub(super) struct Executors {
    kept: BTreeMap<ExecutorId, ExecutorData>,
    /// In the order in which they went.
    dead: VecDeque<ExecutorId>,
}

/// How the cached blocks of an executor changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BlockChange {
    pub(super) blocks: i64,
    pub(super) memory: i64,
    pub(super) disk: i64,
}

impl Executors {
    pub(super) fn iter(&self) -> impl Iterator<Item = &ExecutorData> {
        self.kept.values()
    }

    pub(super) fn get(&self, executor: ExecutorId) -> Option<&ExecutorData> {
        self.kept.get(&executor)
    }

    pub(super) fn on_added(&mut self, executor: ExecutorId, time: Timestamp, host: &HostName, cores: u32) {
        self.kept.insert(
            executor,
            ExecutorData {
                executor,
                host: host.clone(),
                address: String::new(),
                cores,
                max_memory: 0,
                add_time: time,
                remove_time: None,
                remove_reason: None,
                active_tasks: 0,
                completed_tasks: 0,
                failed_tasks: 0,
                total_duration_millis: 0,
                input_bytes: 0,
                shuffle_read: 0,
                shuffle_write: 0,
                rdd_blocks: 0,
                memory_used: 0,
                disk_used: 0,
                metrics: ExecutorMetrics::default(),
                peak_metrics: ExecutorMetrics::default(),
            },
        );
    }

    pub(super) fn on_block_manager_added(&mut self, executor: ExecutorId, address: &str, max_memory: u64) {
        if let Some(data) = self.kept.get_mut(&executor) {
            address.clone_into(&mut data.address);
            data.max_memory = max_memory;
        }
    }

    pub(super) fn on_metrics(&mut self, executor: ExecutorId, metrics: ExecutorMetrics) {
        if let Some(data) = self.kept.get_mut(&executor) {
            data.metrics = metrics;
            data.peak_metrics = data.peak_metrics.peak(metrics);
        }
    }

    pub(super) fn on_removed(
        &mut self,
        executor: ExecutorId,
        time: Timestamp,
        reason: &ExecutorLossReason,
        retained: usize,
    ) {
        let Some(data) = self.kept.get_mut(&executor).filter(|data| data.is_active()) else { return };
        data.remove_time = Some(time);
        data.remove_reason = Some(reason.to_string());
        data.active_tasks = 0;
        (data.rdd_blocks, data.memory_used, data.disk_used) = (0, 0, 0);
        self.dead.push_back(executor);
        while self.dead.len() > retained {
            if let Some(gone) = self.dead.pop_front() {
                self.kept.remove(&gone);
            }
        }
    }

    pub(super) fn on_task_start(&mut self, executor: ExecutorId) {
        if let Some(data) = self.kept.get_mut(&executor) {
            data.active_tasks += 1;
        }
    }

    pub(super) fn on_task_end(&mut self, reason: &TaskEndReason, task: &TaskInfo, measured: &TaskMetrics) {
        let Some(data) = self.kept.get_mut(&task.executor) else { return };
        match EndKind::of(reason) {
            EndKind::Completed => data.completed_tasks += 1,
            EndKind::Failed => data.failed_tasks += 1,
            EndKind::Killed => {}
            EndKind::Resubmitted => return,
        }
        data.active_tasks = data.active_tasks.saturating_sub(1);
        let duration =
            task.finish_time.map_or(0, |end| end.as_millis().saturating_sub(task.launch_time.as_millis()));
        let read = &measured.shuffle_read;
        let read = read.local_bytes_read.saturating_add(read.remote_bytes_read);
        data.total_duration_millis = data.total_duration_millis.saturating_add(duration);
        data.input_bytes = data.input_bytes.saturating_add(measured.input.bytes_read);
        data.shuffle_read = data.shuffle_read.saturating_add(read);
        data.shuffle_write = data.shuffle_write.saturating_add(measured.shuffle_write.bytes_written);
    }

    pub(super) fn on_blocks_changed(&mut self, executor: ExecutorId, change: BlockChange) {
        if let Some(data) = self.kept.get_mut(&executor).filter(|data| data.is_active()) {
            let blocks = i64::from(data.rdd_blocks).saturating_add(change.blocks);
            data.rdd_blocks = u32::try_from(blocks.max(0)).unwrap_or(u32::MAX);
            data.memory_used = data.memory_used.saturating_add_signed(change.memory);
            data.disk_used = data.disk_used.saturating_add_signed(change.disk);
        }
    }
}
