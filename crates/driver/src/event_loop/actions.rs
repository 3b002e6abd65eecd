//! Does what the scheduler asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_rpc::message::{FromExecutor, MapOutputs, RemoveBlocks, TaskEnded, TaskOutcome, ToExecutor};
use hearth_scheduler::{Action, JobResult};
use hearth_types::{
    BlockId, ExceptionKind, ExecutorId, JobId, MapStatus, ShuffleId, TaskAttempt, TaskDescription,
    TaskEndReason, TaskMetrics,
};

use super::{EventLoop, Input, Payload};
use crate::handle::JobError;
use crate::results::Delivery;

impl EventLoop {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::LaunchTask { executor, task } => self.launch(executor, task),
            Action::KillTask { executor, id, reason } => {
                self.links.send(executor, ToExecutor::Kill { id, reason });
            }
            Action::RequestExecutors { total } => {
                if let Some(cluster) = &self.parts.cluster {
                    cluster.request_executors(total);
                }
            }
            Action::RemoveExecutors { executors } => self.remove_executors(&executors),
            Action::AbandonExecutor { executor } => {
                self.links.take(executor);
                if let Some(cluster) = &self.parts.cluster {
                    cluster.abandon(executor);
                }
            }
            Action::RemoveShuffle { shuffle } => {
                self.links.send_all(&ToExecutor::Remove(RemoveBlocks::Shuffle(shuffle)));
            }
            Action::ForgetCached { rdd, first_task } => {
                self.links.send_all(&ToExecutor::Remove(RemoveBlocks::ForgottenRdd { rdd, first_task }));
            }
            Action::AnswerCommit { executor, id, allowed } => {
                self.links.send(executor, ToExecutor::CommitAnswer { id, allowed });
            }
            Action::SendMapOutputs { executor, shuffle, epoch, outputs } => {
                self.send_map_outputs(executor, shuffle, epoch, outputs);
            }
            Action::FetchResult { executor, id } => self.fetch_result(executor, id),
            Action::AcceptTask { id, deliver } => self.accept(id, deliver),
            Action::CompleteJob { job, result } => {
                let outcome = match result {
                    JobResult::Succeeded => Ok(()),
                    JobResult::Failed(message) => Err(JobError::Aborted(message)),
                    JobResult::Cancelled(_) if self.stopping => Err(JobError::Stopped),
                    JobResult::Cancelled(message) => Err(JobError::Cancelled(message)),
                };
                self.complete(job, outcome);
            }
            Action::ForgetStage { stage: _, binary } => {
                if self.jobs.forget(binary) {
                    self.links.forget(&[binary]);
                }
            }
            Action::Post(event) => self.posts.push(event),
        }
    }

    fn launch(&mut self, executor: ExecutorId, task: TaskDescription) {
        let (id, binary) = (task.id, task.binary);
        match self.jobs.launch(task) {
            Some((task, binary)) => self.links.launch(executor, task, binary),
            None => {
                let message = format!("the driver has no code for {id} (binary {binary})");
                self.fail(executor, id, message);
            }
        }
    }

    /// Reports an attempt that cannot be launched, as if its executor had.
    fn fail(&self, executor: ExecutorId, id: TaskAttempt, message: String) {
        let kind = ExceptionKind::User;
        let reason = TaskEndReason::ExceptionFailure { kind, message, backtrace: String::new() };
        let ended = TaskEnded {
            id,
            outcome: TaskOutcome::Failed(Arc::new(reason)),
            metrics: Box::<TaskMetrics>::default(),
            accumulators: Vec::new(),
            blocks: Vec::new(),
        };
        self.tell_self(Input::From(executor, FromExecutor::TasksEnded(vec![ended])));
    }

    /// Our own receiver lives as long as we do, so this reaches it.
    pub(super) fn tell_self(&self, input: Input) {
        drop(self.parts.sender.send(input));
    }

    fn send_map_outputs(
        &mut self,
        executor: ExecutorId,
        shuffle: ShuffleId,
        epoch: u64,
        outputs: Arc<[Option<MapStatus>]>,
    ) {
        let mut addresses = BTreeMap::new();
        for status in outputs.iter().flatten() {
            if !addresses.contains_key(&status.executor)
                && let Some(link) = self.links.get(status.executor)
            {
                addresses.insert(status.executor, link.address.clone());
            }
        }
        let outputs = MapOutputs { shuffle, epoch, outputs, addresses };
        self.links.send(executor, ToExecutor::MapOutputs(outputs));
    }

    fn fetch_result(&mut self, executor: ExecutorId, id: TaskAttempt) {
        if let Some((task, payload)) = self.held.take_if(|(task, _)| *task == id.task) {
            self.fetching.insert(task, payload);
        }
        let Some(link) = self.links.get(executor) else {
            let result = Err(format!("executor {executor} is gone"));
            return self.tell_self(Input::ResultFetched { executor, id, result });
        };
        let read = self.parts.blocks.fetch(executor, link.address.clone(), BlockId::TaskResult(id.task));
        let sender = self.parts.sender.clone();
        self.parts.runtime.spawn(async move {
            let result = read.await;
            // An error says that the driver has stopped.
            drop(sender.send(Input::ResultFetched { executor, id, result }));
        });
    }

    fn accept(&mut self, id: TaskAttempt, deliver: Option<(JobId, u32)>) {
        let held = self.held.take_if(|(task, _)| *task == id.task).map(|(_, payload)| payload);
        let Payload { result, accumulators } =
            held.or_else(|| self.fetching.remove(&id.task)).unwrap_or_default();
        if deliver.is_some() && result.is_none() {
            tracing::error!("{id} counts, but its result is not there");
        }
        if (deliver.is_some() && result.is_some()) || !accumulators.is_empty() {
            self.deliveries.push(Delivery::Task { deliver, result, accumulators });
        }
    }

    pub(super) fn complete(&mut self, job: JobId, outcome: Result<(), JobError>) {
        let gone = self.jobs.complete(job);
        self.links.forget(&gone);
        self.deliveries.push(Delivery::Done { job, outcome });
    }
}
