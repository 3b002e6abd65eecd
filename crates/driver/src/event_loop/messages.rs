//! What executors and the program say, as events for the scheduler.

use std::sync::Arc;

use bytes::Bytes;
use hearth_rpc::message::{FromExecutor, RemoveBlocks, TaskEnded, TaskOutcome, ToExecutor};
use hearth_scheduler::{Event, TaskEnd};
use hearth_types::{
    BlockId, ExceptionKind, ExecutorId, ExecutorMetrics, ListenerEvent, RddId, TaskAttempt, TaskEndReason,
};

use super::{EventLoop, Payload, Submission};
use crate::results::Delivery;

impl EventLoop {
    pub(super) fn on_message(&mut self, executor: ExecutorId, message: FromExecutor) {
        match message {
            FromExecutor::TasksEnded(tasks) => {
                for task in tasks {
                    self.on_task_ended(executor, task);
                }
            }
            FromExecutor::Heartbeat(metrics) => self.on_heartbeat(executor, metrics),
            FromExecutor::CommitRequest(id) => self.handle(Event::CommitRequested { id, executor }),
            FromExecutor::MapOutputsRequest(shuffle) => {
                self.handle(Event::MapOutputsRequested { executor, shuffle });
            }
            FromExecutor::CachedRequest { rdd, partition } => self.answer_cached(executor, rdd, partition),
            FromExecutor::BlockUpdates(updates) => {
                for update in updates {
                    self.handle(Event::BlockUpdated { executor, update });
                }
            }
            FromExecutor::Decommissioning => self.on_decommissioning(executor),
            FromExecutor::Register(_) => {
                tracing::warn!("executor {executor} registers twice; that is ignored")
            }
        }
    }

    /// Nothing is decided here: the scheduler knows where cached partitions are, and the links know the addresses.
    fn answer_cached(&mut self, asker: ExecutorId, rdd: RddId, partition: u32) {
        let holders = self.parts.scheduler.view().cached(rdd, partition).filter(|holder| *holder != asker);
        let addresses =
            holders.filter_map(|holder| self.links.get(holder).map(|link| link.address.clone())).collect();
        self.links.send(asker, ToExecutor::CachedAt { rdd, partition, addresses });
    }

    fn on_heartbeat(&mut self, executor: ExecutorId, metrics: ExecutorMetrics) {
        self.handle(Event::Heartbeat { executor });
        if self.links.get_mut(executor).is_some_and(|link| link.on_metrics(metrics)) {
            self.posts.push(ListenerEvent::ExecutorMetricsUpdate { executor, metrics });
        }
    }

    fn on_task_ended(&mut self, executor: ExecutorId, ended: TaskEnded) {
        let TaskEnded { id, outcome, metrics, accumulators, blocks } = ended;
        for update in blocks {
            self.handle(Event::BlockUpdated { executor, update });
        }
        let mut stored = false;
        let (end, result) = match outcome {
            TaskOutcome::MapOutput { sizes, checksum } => (TaskEnd::MapOutput { sizes, checksum }, None),
            TaskOutcome::Result(bytes) => (TaskEnd::Result { size: bytes.len() as u64 }, Some(bytes)),
            TaskOutcome::StoredResult { size } => {
                stored = true;
                (TaskEnd::IndirectResult { size }, None)
            }
            TaskOutcome::Failed(reason) => (TaskEnd::Failed(failure(reason)), None),
        };
        self.held = Some((id.task, Payload { result, accumulators }));
        self.handle(Event::TaskEnded { id, executor, end, metrics });
        // What was neither accepted nor moved to `fetching` was late, a copy, or a failure.
        if self.held.take().is_some() && stored {
            self.remove_result(executor, id);
        }
    }

    pub(super) fn on_result_fetched(
        &mut self,
        executor: ExecutorId,
        id: TaskAttempt,
        result: Result<Bytes, String>,
    ) {
        match result {
            Ok(bytes) => {
                if let Some(payload) = self.fetching.get_mut(&id.task) {
                    payload.result = Some(bytes);
                }
                self.handle(Event::ResultFetched { id });
            }
            Err(error) => {
                tracing::warn!("the result of {id} cannot be read from executor {executor}: {error}");
                self.handle(Event::ResultLost { id });
            }
        }
        self.fetching.remove(&id.task);
        self.remove_result(executor, id);
    }

    fn remove_result(&mut self, executor: ExecutorId, id: TaskAttempt) {
        let block = BlockId::TaskResult(id.task);
        self.links.send(executor, ToExecutor::Remove(RemoveBlocks::Block(block)));
    }

    pub(super) fn on_submit(&mut self, submission: Submission) {
        let admitted = self.jobs.admit(submission);
        let job = admitted.job;
        self.deliveries.push(Delivery::Begin { job, sink: admitted.sink });
        self.handle(Event::JobSubmitted { job, graph: admitted.graph, properties: admitted.properties });
    }

    pub(super) fn on_unpersist(&mut self, rdd: RddId) {
        self.handle(Event::RddUnpersisted { rdd });
        self.links.send_all(&ToExecutor::Remove(RemoveBlocks::Rdd(rdd)));
    }

    pub(super) fn on_remove_block(&mut self, block: BlockId, also_here: bool) {
        let message = ToExecutor::Remove(RemoveBlocks::Block(block));
        // The executor in the driver's own process has the driver's blocks.
        if also_here || self.links.get(ExecutorId::DRIVER).is_none() {
            self.links.send_all(&message);
        }
    }
}

/// A failure that calls itself a success is a failure of the executor.
fn failure(reason: Arc<TaskEndReason>) -> Arc<TaskEndReason> {
    if *reason != TaskEndReason::Success {
        return reason;
    }
    Arc::new(TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: "the executor reported a failure without a reason".to_owned(),
        backtrace: String::new(),
    })
}
