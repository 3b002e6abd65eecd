//! A driver with executors that are threads of the test and do what the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use futures::future::BoxFuture;
use hearth_cluster::{ClusterEvent, ClusterManager};
use hearth_conf::SparkConf;
use hearth_rpc::control::{self, AttachedExecutor};
use hearth_rpc::message::{FromExecutor, LaunchTask, Registration, TaskEnded, TaskOutcome, ToExecutor};
use hearth_types::{
    BlockId, Dependency, ExecutorId, ExecutorLossReason, ExecutorMetrics, JobProperties, ListenerEvent,
    MapSizes, RddId, RddInfo, ShuffleId, StageGraph, StageKind, StageSpec, StorageLevel, TaskBinaryId,
    TaskMetrics,
};
use parking_lot::Mutex;

use crate::{
    Blocks, Deployment, Driver, DriverConf, DriverHandle, DriverParts, Executors, JobSubmission, TaskInputs,
};

pub(crate) const WAIT: Duration = Duration::from_secs(10);

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
        TaskOutcome::MapOutput(MapSizes::from_bytes(&[10, 10]))
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

/// A running driver of a test.
pub(crate) struct World {
    pub(crate) handle: DriverHandle,
    pub(crate) attach: control::Sender<AttachedExecutor>,
    pub(crate) cluster: control::Sender<ClusterEvent>,
    pub(crate) asked: Receiver<Asked>,
    pub(crate) blocks: Arc<Mutex<BTreeMap<BlockId, Bytes>>>,
    pub(crate) heard: Receiver<ListenerEvent>,
    pub(crate) temp_dir: std::path::PathBuf,
}

/// A driver that expects two executors with two slots each.
pub(crate) fn world(settings: &[(&str, &str)]) -> World {
    let conf: SparkConf = settings.iter().copied().collect();
    let deployment = Deployment::Cluster { instances: 2, slots: 2, min_registered_percent: 0 };
    let conf = DriverConf::new(&conf, deployment).expect("settings");
    let driver = Driver::new().expect("threads");
    let (asking, asked) = crossbeam_channel::unbounded();
    let (hear, heard) = crossbeam_channel::unbounded();
    let blocks = MemoryBlocks::default();
    let held = blocks.held.clone();
    let attach = driver.attached();
    let (cluster, events) = control::channel();
    let temp_dir = tempfile::tempdir().expect("a directory").keep();
    let parts = DriverParts {
        executors: Executors::Cluster { manager: Arc::new(FakeCluster { asked: asking }), events },
        blocks: Arc::new(blocks),
        listeners: vec![Box::new(move |event: &ListenerEvent| drop(hear.send(event.clone())))],
        temp_dirs: vec![temp_dir.clone()],
    };
    let handle = driver.start(conf, parts).expect("a driver");
    World { handle, attach, cluster, asked, blocks: held, heard, temp_dir }
}

impl World {
    /// An executor that has registered, of which the test plays the part.
    pub(crate) fn executor(&self, id: u32, slots: u32) -> Fake {
        let (attached, fake) = fake(id, slots);
        self.attach.send(attached).expect("the driver listens");
        assert_eq!(fake.next(), ToExecutor::Registered);
        fake
    }

    /// Waits for a listener event.
    pub(crate) fn hear(&self, wanted: impl Fn(&ListenerEvent) -> bool) -> ListenerEvent {
        loop {
            let event = self.heard.recv_timeout(WAIT).expect("the event comes");
            if wanted(&event) {
                return event;
            }
        }
    }

    pub(crate) fn exited(&self, executor: ExecutorId, code: i32) {
        self.cluster
            .send(ClusterEvent::ExecutorExited { executor, reason: ExecutorLossReason::Exited { code } })
            .expect("the driver listens");
    }
}

struct Echo;

impl TaskInputs for Echo {
    fn input(&self, stage: usize, partition: u32) -> Bytes {
        format!("{stage}/{partition}").into()
    }
}

fn rdd(id: u32, partitions: u32, dependencies: Vec<Dependency>) -> RddInfo {
    RddInfo {
        id: RddId(id),
        name: "rdd".to_owned(),
        call_site: "map at test.rs:1".to_owned(),
        partitions,
        storage_level: StorageLevel::NONE,
        dependencies,
        preferred_hosts: Vec::new(),
    }
}

/// What was delivered: (position, result).
pub(crate) type Results = Arc<Mutex<Vec<(u32, Bytes)>>>;

/// `shuffles` map stages one after the other, then the result stage; each with so many partitions. Shuffles and RDDs
/// are numbered from `first`.
pub(crate) fn job(first: u32, shuffles: u32, partitions: u32) -> (JobSubmission, Results) {
    let mut rdds = vec![rdd(first, partitions, Vec::new())];
    let mut stages = Vec::new();
    let mut binaries = Vec::new();
    for at in 0..shuffles {
        let (parent, shuffle) = (RddId(first + at), ShuffleId(first + at));
        rdds.push(rdd(first + at + 1, partitions, vec![Dependency::Shuffle { parent, shuffle }]));
        let kind = StageKind::ShuffleMap { shuffle, reduces: partitions };
        let name = "map at test.rs:1".to_owned();
        stages.push(StageSpec { rdd: parent, kind, binary: TaskBinaryId(u64::from(at)), name });
        binaries.push(Bytes::from(format!("map {at}")));
    }
    let kind = StageKind::Result { partitions: (0..partitions).collect() };
    let (rdd, binary) = (RddId(first + shuffles), TaskBinaryId(u64::from(shuffles)));
    stages.push(StageSpec { rdd, kind, binary, name: "collect at test.rs:2".to_owned() });
    binaries.push(Bytes::from("result"));
    let results = Arc::new(Mutex::new(Vec::new()));
    let into = results.clone();
    let submission = JobSubmission {
        graph: StageGraph::new(rdds, stages).expect("a graph"),
        binaries,
        inputs: Arc::new(Echo),
        properties: JobProperties {
            call_site: "collect at test.rs:2".to_owned(),
            ..JobProperties::default()
        },
        on_result: Box::new(move |index, bytes| into.lock().push((index, bytes))),
    };
    (submission, results)
}
