//! A driver of a test, and jobs to run on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::Receiver;
use hearth_cluster::ClusterEvent;
use hearth_conf::SparkConf;
use hearth_rpc::control::{self, AttachedExecutor};
use hearth_rpc::message::ToExecutor;
use hearth_types::{
    BlockId, Dependency, ExecutorId, ExecutorLossReason, JobProperties, ListenerEvent, RddId, RddInfo,
    ShuffleId, StageGraph, StageKind, StageSpec, StorageLevel, TaskBinaryId,
};
use parking_lot::Mutex;

use crate::{
    Deployment, Driver, DriverConf, DriverHandle, DriverParts, Executors, JobSubmission, TaskInputs,
};

pub(crate) use super::fakes::*;

pub(crate) const WAIT: Duration = Duration::from_secs(60);

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
    let deployment = Deployment::Cluster { slots: 2, min_registered_percent: 0 };
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

/// Ends an application, and waits until it has ended: one call waits for a while only.
pub(crate) fn stop(driver: &DriverHandle) {
    let begin = Instant::now();
    while !driver.is_stopped() {
        assert!(begin.elapsed() < WAIT, "it does not stop");
        driver.stop();
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
