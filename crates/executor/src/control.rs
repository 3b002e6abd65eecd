//! What an executor does with the driver's messages. Spark: `CoarseGrainedExecutorBackend.receive`.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use hearth_rpc::control::{Receiver, Sender};
use hearth_rpc::message::{FromExecutor, LaunchTask, RemoveBlocks, StageBinary, ToExecutor};
use hearth_types::{KillReason, TaskAttempt};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::attempt::Attempt;
use crate::binaries::Binaries;
use crate::env::ExecutorEnv;
use crate::executor::Ending;
use crate::measure::measure;
use crate::slots::{Killed, Slots, killed_before_start};

/// Messages taken from the channel at a time.
const BATCH: usize = 256;

/// The control loop. Does nothing that waits.
pub(crate) struct Control {
    env: Arc<ExecutorEnv>,
    slots: Arc<Slots>,
    binaries: Binaries,
    to_driver: Sender<FromExecutor>,
}

impl Control {
    pub(crate) fn new(env: Arc<ExecutorEnv>, slots: Arc<Slots>, to_driver: Sender<FromExecutor>) -> Self {
        Self { env, slots, binaries: Binaries::default(), to_driver }
    }

    /// Runs until the driver ends it or goes away, then stops all attempts.
    pub(crate) async fn run(mut self, mut from_driver: Receiver<ToExecutor>, heartbeat: Duration) -> Ending {
        let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut messages = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                received = from_driver.recv_many(&mut messages, BATCH) => {
                    if received == 0 {
                        return Ending::Disconnected;
                    }
                    for message in messages.drain(..) {
                        if let ControlFlow::Break(ending) = self.on_message(message) {
                            return ending;
                        }
                    }
                }
                _ = heartbeats.tick() => self.heartbeat(),
            }
        }
    }

    fn on_message(&mut self, message: ToExecutor) -> ControlFlow<Ending> {
        match message {
            ToExecutor::Registered => tracing::info!("executor {} is registered", self.env.executor()),
            ToExecutor::Refused(reason) => return ControlFlow::Break(Ending::Refused(reason)),
            ToExecutor::Launch { binaries, tasks } => self.on_launch(binaries, tasks),
            ToExecutor::Kill { id, reason } => self.on_kill(id, reason),
            ToExecutor::CommitAnswer { id, allowed } => self.env.services().on_commit_answer(id, allowed),
            ToExecutor::MapOutputs(outputs) => self.env.services().on_map_outputs(outputs),
            ToExecutor::CachedAt { rdd, partition, addresses } => {
                self.env.services().on_cached_at(rdd, partition, addresses);
            }
            ToExecutor::Remove(blocks) => self.on_remove(blocks),
            ToExecutor::ForgetBinaries(ids) => ids.into_iter().for_each(|id| self.binaries.forget(id)),
            ToExecutor::Shutdown => return ControlFlow::Break(Ending::Shutdown),
        }
        ControlFlow::Continue(())
    }

    fn on_launch(&mut self, binaries: Vec<StageBinary>, tasks: Vec<LaunchTask>) {
        for binary in binaries {
            self.binaries.add(binary);
        }
        if let Some(epoch) = tasks.iter().map(|task| task.description.epoch).max() {
            self.env.services().on_epoch(epoch);
        }
        let known = &self.binaries;
        self.slots.submit(tasks.into_iter().map(|task| {
            let binary = known.get(task.description.binary);
            Attempt { task, binary }
        }));
    }

    fn on_kill(&self, id: TaskAttempt, reason: KillReason) {
        match self.slots.kill(id.task, reason.clone()) {
            Killed::Waiting(id) => {
                self.tell(FromExecutor::TasksEnded(vec![killed_before_start(id, reason)]));
            }
            Killed::Running => self.env.services().wake(),
            Killed::Unknown => tracing::debug!("{id} ended before it could be killed"),
        }
    }

    /// At once, as the next task may store blocks of the same RDD anew; files are deleted on another thread, as there may
    /// be many.
    fn on_remove(&self, what: RemoveBlocks) {
        if let RemoveBlocks::Shuffle(shuffle) = what {
            self.env.services().forget_map_outputs(shuffle);
        }
        let blocks = self.env.block_manager();
        let removed = match what {
            RemoveBlocks::Shuffle(shuffle) => Some(blocks.remove_shuffle(shuffle)),
            RemoveBlocks::Rdd(rdd) => Some(blocks.remove_rdd(rdd)),
            RemoveBlocks::ForgottenRdd { rdd, first_task } => {
                self.env.services().forget_cached(rdd);
                Some(blocks.forget_rdd(rdd, first_task))
            }
            RemoveBlocks::Block(block) => blocks.remove(block),
        };
        tokio::task::spawn_blocking(move || drop(removed));
    }

    fn heartbeat(&self) {
        self.env.block_manager().hand_over_updates(|updates| {
            if !updates.is_empty() {
                self.tell(FromExecutor::BlockUpdates(updates));
            }
        });
        self.tell(FromExecutor::Heartbeat(measure(&self.env, &self.slots)));
    }

    fn tell(&self, message: FromExecutor) {
        // An error says that the driver is gone, which the loop is about to notice.
        drop(self.to_driver.send(message));
    }
}

/// Also when the runtime goes away under the loop, as that of a driver in this process does.
impl Drop for Control {
    fn drop(&mut self) {
        self.slots.stop();
        self.env.services().disconnect();
    }
}
