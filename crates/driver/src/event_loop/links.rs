//! The streams to the executors. Spark: `CoarseGrainedSchedulerBackend.executorDataMap`.
//!
//! What one batch of messages makes the scheduler launch goes to an executor as one message.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use hearth_rpc::control::Sender;
use hearth_rpc::message::{LaunchTask, StageBinary, ToExecutor};
use hearth_types::{ExecutorId, ExecutorLossReason, ExecutorMetrics, TaskBinaryId, Timestamp};

/// Why an executor is gone that said so before. Spark says the same.
const DECOMMISSIONED: &str = "Executor decommission";

#[derive(Default)]
pub(super) struct Links {
    links: BTreeMap<ExecutorId, Link>,
    /// Every executor that ever registered or ended: an id is never used twice.
    seen: BTreeSet<ExecutorId>,
    /// Executors with unsent launches.
    waiting: Vec<ExecutorId>,
    /// When to give up waiting for the reason why an executor leaves.
    deadlines: BTreeSet<(Timestamp, ExecutorId)>,
}

pub(super) struct Link {
    /// `None` when the stream has ended.
    to: Option<Sender<ToExecutor>>,
    pub(super) address: String,
    /// Binaries that it has.
    known: BTreeSet<TaskBinaryId>,
    binaries: Vec<StageBinary>,
    tasks: Vec<LaunchTask>,
    /// What listeners were last told that it measures.
    metrics: ExecutorMetrics,
    /// Whether we asked it to go.
    pub(super) removed: bool,
    /// Whether it said that it is about to be taken away.
    pub(super) decommissioning: bool,
    /// Why it is leaving, as far as that is known, and until when to wait for a better reason.
    leaving: Option<(Timestamp, ExecutorLossReason)>,
}

impl Links {
    /// Takes an executor in, or says why not.
    pub(super) fn add(
        &mut self,
        executor: ExecutorId,
        to: Sender<ToExecutor>,
        address: String,
    ) -> Result<(), String> {
        if !self.seen.insert(executor) {
            let reason = format!(
                "executor {executor} has registered before or has ended: every executor process needs a number of its own, \
                 so start a new one through the driver's cluster manager"
            );
            return Err(reason);
        }
        let link = Link {
            to: Some(to),
            address,
            known: BTreeSet::new(),
            binaries: Vec::new(),
            tasks: Vec::new(),
            metrics: ExecutorMetrics::default(),
            removed: false,
            decommissioning: false,
            leaving: None,
        };
        self.links.insert(executor, link);
        Ok(())
    }

    /// Takes note that an executor has ended, so a registration of it that is still on its way comes too late.
    /// Whether it had not registered.
    pub(super) fn refuse(&mut self, executor: ExecutorId) -> bool {
        self.seen.insert(executor)
    }

    pub(super) fn get(&self, executor: ExecutorId) -> Option<&Link> {
        self.links.get(&executor)
    }

    pub(super) fn get_mut(&mut self, executor: ExecutorId) -> Option<&mut Link> {
        self.links.get_mut(&executor)
    }

    /// Drops an executor. Its stream closes.
    pub(super) fn take(&mut self, executor: ExecutorId) -> Option<Link> {
        let link = self.links.remove(&executor)?;
        if let Some((deadline, _)) = link.leaving {
            self.deadlines.remove(&(deadline, executor));
        }
        Some(link)
    }

    /// Adds a task to what the executor is sent at the end of the batch.
    pub(super) fn launch(&mut self, executor: ExecutorId, task: LaunchTask, binary: &Bytes) {
        let Some(link) = self.links.get_mut(&executor) else { return };
        let id = task.description.binary;
        if link.tasks.is_empty() {
            self.waiting.push(executor);
        }
        if link.known.insert(id) {
            link.binaries.push(StageBinary { id, bytes: binary.clone() });
        }
        link.tasks.push(task);
    }

    /// Tells one executor something, after what it is to launch. An unknown one hears nothing.
    pub(super) fn send(&mut self, executor: ExecutorId, message: ToExecutor) {
        if let Some(link) = self.links.get_mut(&executor) {
            link.flush();
            link.send(message);
        }
    }

    /// Tells every executor something.
    pub(super) fn send_all(&mut self, message: &ToExecutor) {
        for link in self.links.values_mut() {
            link.flush();
            link.send(message.clone());
        }
    }

    /// Tells those executors that have any of the binaries that nobody needs them.
    pub(super) fn forget(&mut self, binaries: &[TaskBinaryId]) {
        for link in self.links.values_mut() {
            let had: Vec<TaskBinaryId> =
                binaries.iter().copied().filter(|id| link.known.remove(id)).collect();
            if !had.is_empty() {
                link.flush();
                link.send(ToExecutor::ForgetBinaries(had));
            }
        }
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        for executor in self.waiting.drain(..) {
            if let Some(link) = self.links.get_mut(&executor) {
                link.flush();
            }
        }
    }

    /// Executors whose streams have not ended.
    pub(super) fn open(&self) -> BTreeSet<ExecutorId> {
        self.links.iter().filter(|(_, link)| !link.is_closed()).map(|(executor, _)| *executor).collect()
    }

    /// Notes that an executor leaves, and until when to wait for its stream to end or for a better reason.
    pub(super) fn expect_end(
        &mut self,
        executor: ExecutorId,
        deadline: Timestamp,
        reason: ExecutorLossReason,
    ) {
        let Some(link) = self.links.get_mut(&executor) else { return };
        if let Some((old, _)) = link.leaving.replace((deadline, reason)) {
            self.deadlines.remove(&(old, executor));
        }
        self.deadlines.insert((deadline, executor));
    }

    /// The next moment at which `expired` may give something.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// An executor whose time is over, and why it left.
    pub(super) fn expired(&mut self, now: Timestamp) -> Option<(ExecutorId, ExecutorLossReason)> {
        let (deadline, executor) =
            self.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now)?;
        self.deadlines.remove(&(deadline, executor));
        let reason = self.links.get_mut(&executor).and_then(|link| link.leaving.take());
        Some((executor, reason.map_or(ExecutorLossReason::Disconnected, |(_, reason)| reason)))
    }
}

impl Link {
    fn flush(&mut self) {
        if !self.tasks.is_empty() {
            let (binaries, tasks) = (std::mem::take(&mut self.binaries), std::mem::take(&mut self.tasks));
            self.send(ToExecutor::Launch { binaries, tasks });
        }
    }

    /// An error says that the stream is broken, of which the loop hears on the other way.
    fn send(&mut self, message: ToExecutor) {
        if let Some(to) = &self.to {
            drop(to.send(message));
        }
    }

    /// Takes in what a heartbeat told. Whether listeners should hear of it.
    pub(super) fn on_metrics(&mut self, metrics: ExecutorMetrics) -> bool {
        let differs = is_news(&self.metrics, &metrics);
        if differs {
            self.metrics = metrics;
        }
        differs
    }

    /// Closes our side of the stream.
    pub(super) fn close(&mut self) {
        self.to = None;
    }

    /// Whether the stream has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.to.is_none()
    }

    /// Why it leaves, if that is known already.
    pub(super) fn known_reason(&self) -> Option<ExecutorLossReason> {
        if self.removed {
            return Some(ExecutorLossReason::Removed);
        }
        let reason = self.leaving.as_ref().map(|(_, reason)| reason.clone());
        reason
            .or_else(|| self.decommissioning.then(|| ExecutorLossReason::NotByApp(DECOMMISSIONED.to_owned())))
    }
}

/// Less than this more or less memory is not worth an event: an idle executor is to cause none.
const NOTICEABLE: u64 = 1 << 20;

fn is_news(old: &ExecutorMetrics, new: &ExecutorMetrics) -> bool {
    let ExecutorMetrics { storage_memory, execution_memory, resident_memory, running_tasks, queued_tasks } =
        *old;
    (running_tasks, queued_tasks) != (new.running_tasks, new.queued_tasks)
        || storage_memory.abs_diff(new.storage_memory) >= NOTICEABLE
        || execution_memory.abs_diff(new.execution_memory) >= NOTICEABLE
        || resident_memory.abs_diff(new.resident_memory) >= NOTICEABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_more_or_a_mebibyte_is_news_and_less_is_not() {
        let old =
            ExecutorMetrics { resident_memory: 8 << 20, running_tasks: 1, ..ExecutorMetrics::default() };
        assert!(!is_news(&old, &old));
        assert!(!is_news(&old, &ExecutorMetrics { resident_memory: (9 << 20) - 1, ..old }));
        assert!(!is_news(&old, &ExecutorMetrics { storage_memory: 1, execution_memory: 1, ..old }));
        assert!(is_news(&old, &ExecutorMetrics { resident_memory: 7 << 20, ..old }));
        assert!(is_news(&old, &ExecutorMetrics { storage_memory: 1 << 20, ..old }));
        assert!(is_news(&old, &ExecutorMetrics { execution_memory: 1 << 20, ..old }));
        assert!(is_news(&old, &ExecutorMetrics { running_tasks: 0, ..old }));
        assert!(is_news(&old, &ExecutorMetrics { queued_tasks: 1, ..old }));
    }
}
