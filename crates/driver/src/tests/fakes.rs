//! What a driver talks to, played by a test: executors, blocks in a map, a cluster manager that notes what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use futures::future::BoxFuture;
use hearth_cluster::ClusterManager;
use hearth_rpc::control::{self, AttachedExecutor};
use hearth_rpc::message::{FromExecutor, LaunchTask, Registration, TaskEnded, TaskOutcome, ToExecutor};
use hearth_types::{BlockId, ExecutorId, ExecutorMetrics, MapSizes, TaskBinaryId, TaskMetrics};
use parking_lot::Mutex;

use super::support::WAIT;
use crate::Blocks;

/// What a test sees of one executor: everything it is told, and a way to speak as the executor.
pub(crate) struct Fake {
    pub(crate) id: ExecutorId,
    pub(crate) told: Receiver<ToExecutor>,
    pub(crate) speak: control::Sender<FromExecutor>,
}

/// An executor of which the test plays the part.
pub(crate) fn fake(id: u32, slots: u32) -> (AttachedExecutor, Fake) {
    let id = ExecutorId(id);
    let (to_executor, mut told_by_driver) = control::channel();
    let (speak, from_executor) = control::channel();
    let (tell, told) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        while let Some(message) = told_by_driver.blocking_recv() {
            if tell.send(message).is_err() {
                return;
            }
        }
    });
    let registration = Registration {
        executor: id,
        host: "host".to_owned(),
        slots,
        block_address: format!("host:{}", 7_000 + (id.0 & 0xff)),
        max_memory: 1 << 30,
        protocol_version: hearth_rpc::PROTOCOL_VERSION,
        build_id: "build".to_owned(),
    };
    (AttachedExecutor { registration, to_executor, from_executor }, Fake { id, told, speak })
}

impl Fake {
    pub(crate) fn next(&self) -> ToExecutor {
        self.told.recv_timeout(WAIT).expect("the driver says something")
    }

    /// The next launch, whatever else is said before it.
    pub(crate) fn next_launch(&self) -> (BTreeSet<TaskBinaryId>, Vec<LaunchTask>) {
        loop {
            if let ToExecutor::Launch { binaries, tasks } = self.next() {
                return (binaries.into_iter().map(|binary| binary.id).collect(), tasks);
            }
        }
    }

    /// Waits until the driver says what `wanted` takes.
    pub(crate) fn until(&self, wanted: impl Fn(&ToExecutor) -> bool) {
        while !wanted(&self.next()) {}
    }

    pub(crate) fn end(&self, ended: TaskEnded) {
        self.speak.send(FromExecutor::TasksEnded(vec![ended])).expect("the driver listens");
    }

    pub(crate) fn heartbeat(&self, metrics: ExecutorMetrics) {
        self.speak.send(FromExecutor::Heartbeat(metrics)).expect("the driver listens");
    }

    /// Runs everything it is told to with `run` until it is shut down or cut off.
    pub(crate) fn serve(self, run: impl Fn(&LaunchTask, &Bytes) -> TaskEnded + Send + 'static) {
        std::thread::spawn(move || {
            let mut code = BTreeMap::new();
            while let Ok(message) = self.told.recv() {
                match message {
                    ToExecutor::Launch { binaries, tasks } => {
                        for binary in binaries {
                            assert!(code.insert(binary.id, binary.bytes).is_none(), "a binary came twice");
                        }
                        let ended =
                            tasks.iter().map(|task| run(task, &code[&task.description.binary])).collect();
                        if self.speak.send(FromExecutor::TasksEnded(ended)).is_err() {
                            return;
                        }
                    }
                    ToExecutor::ForgetBinaries(ids) => code.retain(|id, _| !ids.contains(id)),
                    ToExecutor::Shutdown => return,
                    _ => {}
                }
            }
        });
    }
}

/// The end of a task: `map` stages say so in their code, others return their input.
pub(crate) fn succeed(task: &LaunchTask, code: &Bytes) -> TaskEnded {
    let outcome = if code.starts_with(b"map") {
        TaskOutcome::MapOutput { sizes: MapSizes::from_bytes(&[10, 10]), checksum: 0 }
    } else {
        TaskOutcome::Result(task.input.clone())
    };
    ended(task, outcome)
}

pub(crate) fn ended(task: &LaunchTask, outcome: TaskOutcome) -> TaskEnded {
    TaskEnded {
        id: task.description.id,
        outcome,
        metrics: Box::<TaskMetrics>::default(),
        accumulators: Vec::new(),
        blocks: Vec::new(),
    }
}

/// Blocks in a map.
#[derive(Default)]
pub(crate) struct MemoryBlocks {
    pub(crate) held: Arc<Mutex<BTreeMap<BlockId, Bytes>>>,
}

impl Blocks for MemoryBlocks {
    fn put(&self, block: BlockId, value: Bytes) -> Result<(), String> {
        self.held.lock().insert(block, value);
        Ok(())
    }

    fn remove(&self, block: BlockId) {
        self.held.lock().remove(&block);
    }

    fn fetch(&self, _: ExecutorId, _: String, block: BlockId) -> BoxFuture<'static, Result<Bytes, String>> {
        let found = self.held.lock().get(&block).cloned().ok_or_else(|| "gone".to_owned());
        Box::pin(std::future::ready(found))
    }
}

/// A cluster manager that notes what it is asked.
pub(crate) struct FakeCluster {
    pub(crate) asked: Sender<Asked>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Request(u32),
    Registered(ExecutorId),
    Remove(Vec<ExecutorId>),
    Abandon(ExecutorId),
    Stop,
}

#[async_trait::async_trait]
impl ClusterManager for FakeCluster {
    fn request_executors(&self, total: u32) {
        drop(self.asked.send(Asked::Request(total)));
    }

    fn registered(&self, executor: ExecutorId) {
        drop(self.asked.send(Asked::Registered(executor)));
    }

    fn remove(&self, executors: &[ExecutorId]) {
        drop(self.asked.send(Asked::Remove(executors.to_vec())));
    }

    fn abandon(&self, executor: ExecutorId) {
        drop(self.asked.send(Asked::Abandon(executor)));
    }

    fn lost(&self, _: ExecutorId) {}

    fn exit_wait(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn keeps_executors(&self) -> bool {
        false
    }

    async fn stop(&self) {
        drop(self.asked.send(Asked::Stop));
    }
}
