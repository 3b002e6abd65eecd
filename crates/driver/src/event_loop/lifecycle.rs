//! Executors come and go, and the end of the application. Spark: `DriverEndpoint.RegisterExecutor`, `removeExecutor`,
//! `SparkContext.stop`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use hearth_cluster::{ClusterEvent, ClusterManager};
use hearth_rpc::control::AttachedExecutor;
use hearth_rpc::message::ToExecutor;
use hearth_scheduler::{CancelTarget, Event};
use hearth_types::{ExecutorId, ExecutorLossReason, HostName, ListenerEvent};

use super::{EventLoop, Farewell, Input};
use crate::handle::JobError;

/// How long the news of an executor's end waits for the rest of its stream.
/// It follows at once, but on a machine with much to do not within a tenth of a second.
const STREAM_WAIT: Duration = Duration::from_secs(1);

/// How long an executor that was asked to go may take.
const REMOVAL_WAIT: Duration = Duration::from_secs(10);

/// How long executors, listeners and the program's code may take in all when the application ends.
const STOP_WAIT: Duration = Duration::from_millis(1_600);

impl EventLoop {
    pub(super) fn on_attached(&mut self, attached: AttachedExecutor) {
        let AttachedExecutor { registration, to_executor, mut from_executor } = attached;
        let executor = registration.executor;
        if let Err(reason) = self.links.add(executor, to_executor.clone(), registration.block_address.clone())
        {
            tracing::warn!("refused an executor: {reason}");
            // An error says that it is gone already.
            return drop(to_executor.send(ToExecutor::Refused(reason)));
        }
        self.links.send(executor, ToExecutor::Registered);
        if let Some(cluster) = &self.parts.cluster {
            cluster.registered(executor);
        }
        let sender = self.parts.sender.clone();
        self.parts.runtime.spawn(async move {
            while let Some(message) = from_executor.recv().await {
                if sender.send(Input::From(executor, message)).is_err() {
                    return;
                }
            }
            // An error says that the driver has stopped.
            drop(sender.send(Input::StreamEnded(executor)));
        });
        self.handle(Event::ExecutorRegistered {
            executor,
            host: HostName::new(&registration.host),
            slots: registration.slots,
            block_address: registration.block_address,
            max_memory: registration.max_memory,
        });
    }

    pub(super) fn on_stream_ended(&mut self, executor: ExecutorId) {
        let wait = self.parts.cluster.as_ref().map(|cluster| cluster.exit_wait());
        let Some(link) = self.links.get_mut(executor) else { return };
        link.close();
        if let Some(reason) = link.known_reason() {
            self.lose(executor, reason);
        } else if let Some(wait) = wait {
            self.links.expect_end(executor, self.now + wait, ExecutorLossReason::Disconnected);
            // Until it is known why: no more tasks.
            self.handle(Event::ExecutorDecommissioning { executor });
        } else {
            self.lose(executor, ExecutorLossReason::Disconnected);
        }
    }

    /// It will be taken away soon: it gets no more tasks, and is told when it is not needed any more.
    pub(super) fn on_decommissioning(&mut self, executor: ExecutorId) {
        let Some(link) = self.links.get_mut(executor) else { return };
        link.decommissioning = true;
        tracing::info!("executor {executor} is being decommissioned");
        self.handle(Event::ExecutorDecommissioning { executor });
    }

    pub(super) fn on_cluster(&mut self, event: ClusterEvent) {
        match event {
            ClusterEvent::RequestFailed { reason } => {
                tracing::warn!("executors cannot be had: {reason}");
                self.handle(Event::ExecutorRequestFailed { reason });
            }
            ClusterEvent::ExecutorExited { executor, reason } => self.on_exit(executor, reason),
            ClusterEvent::BoundsChanged { min, max } => {
                let number = |bound: Option<u32>| {
                    bound.map_or_else(|| "as before".to_owned(), |bound| bound.to_string())
                };
                tracing::info!("executors from now on: min {}, max {}", number(min), number(max));
                self.handle(Event::ExecutorBoundsChanged { min, max });
            }
        }
    }

    /// It panicked, as nobody told it to stop. Without it jobs might wait for executors for ever.
    pub(super) fn on_cluster_ended(&mut self) {
        let reason = "because the cluster manager ended unexpectedly; the driver's log says why".to_owned();
        tracing::error!("the application ends {reason}");
        self.handle(Event::JobsCancelled { which: CancelTarget::All, reason });
        self.stopping = true;
    }

    fn on_exit(&mut self, executor: ExecutorId, reason: ExecutorLossReason) {
        match self.links.get(executor) {
            Some(link) if link.removed => self.lose(executor, ExecutorLossReason::Removed),
            Some(link) if link.is_closed() => self.lose(executor, reason),
            // The last task ends may still be on their way.
            Some(_) => self.links.expect_end(executor, self.now + STREAM_WAIT, reason),
            None => {
                if self.links.refuse(executor) {
                    // The cluster manager starts another, or says that it cannot.
                    tracing::warn!("executor {executor} ended before it registered: {reason}");
                }
            }
        }
    }

    pub(super) fn remove_executors(&mut self, executors: &[ExecutorId]) {
        for &executor in executors {
            match self.links.get_mut(executor) {
                // It has gone by itself, and why will be known soon.
                Some(link) if link.is_closed() => continue,
                Some(link) => link.removed = true,
                None => continue,
            }
            self.links.send(executor, ToExecutor::Shutdown);
            self.links.expect_end(executor, self.now + REMOVAL_WAIT, ExecutorLossReason::Removed);
        }
        if let Some(cluster) = &self.parts.cluster {
            cluster.remove(executors);
        }
    }

    /// The one place where an executor's end reaches the scheduler.
    pub(super) fn lose(&mut self, executor: ExecutorId, reason: ExecutorLossReason) {
        if self.links.take(executor).is_some() {
            if let Some(cluster) = &self.parts.cluster {
                cluster.lost(executor);
            }
            self.handle(Event::ExecutorLost { executor, reason });
        }
    }

    /// Ends everything. Each step is bounded, all together by less than two seconds.
    pub(super) fn stop(mut self) {
        self.tick();
        let deadline = Instant::now() + STOP_WAIT;
        let reason = "SparkContext was shut down".to_owned();
        self.handle(Event::JobsCancelled { which: CancelTarget::All, reason });
        for job in self.jobs.running() {
            self.complete(job, Err(JobError::Stopped));
        }
        self.posts.push(ListenerEvent::ApplicationEnd { time: self.now });
        let keeps = |cluster: &Arc<dyn ClusterManager>| cluster.keeps_executors();
        if self.farewell == Farewell::TakenAway && self.parts.cluster.as_ref().is_some_and(keeps) {
            // Their streams end without a word, so they look for the next driver.
            self.parts.cluster = None;
        } else {
            self.links.send_all(&ToExecutor::Shutdown);
        }
        self.flush();
        let mut streams = self.links.open();
        let mut parts = self.parts;
        let has_cluster = parts.cluster.is_some();
        let (alive, cluster_ended) = crossbeam_channel::bounded::<()>(0);
        if let Some(cluster) = parts.cluster.take() {
            parts.runtime.spawn(async move {
                cluster.stop().await;
                drop(alive);
            });
        } else {
            drop(alive);
        }
        parts.bus.stop();
        drop(parts.progress);
        drop(parts.results);
        // Our last words reach executors in other processes only while the runtime lives.
        while has_cluster && !streams.is_empty() {
            match parts.inbox.recv_deadline(deadline) {
                Ok(Input::StreamEnded(executor)) => drop(streams.remove(&executor)),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        for (what, ended) in [("a result", &parts.results_ended), ("its executors", &cluster_ended)] {
            if ended.recv_deadline(deadline) == Err(RecvTimeoutError::Timeout) {
                tracing::warn!("the application is still busy with {what}, which is left behind");
            }
        }
        drop(parts.runtime);
        for directory in parts.temp_dirs {
            hearth_storage::remove_dir(&directory);
        }
        tracing::info!("Successfully stopped SparkContext");
    }
}
