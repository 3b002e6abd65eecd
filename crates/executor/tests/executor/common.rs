//! A driver played by hand, and a front door that is a table of closures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hearth_conf::SparkConf;
use hearth_executor::{
    Ending, EnvParts, Executor, PreparedStage, TaskCall, TaskOutput, TaskRunner, open_block_manager,
};
use hearth_rpc::control::{Receiver, Sender, channel};
use hearth_rpc::message::{FromExecutor, LaunchTask, StageBinary, TaskEnded, TaskOutcome, ToExecutor};
use hearth_types::{
    ExceptionKind, ExecutorId, ExecutorMetrics, HostName, JobId, JobProperties, StageId, TaskAttempt,
    TaskBinaryId, TaskDescription, TaskEndReason, TaskId, TaskLocality, TaskMetrics,
};
use tempfile::TempDir;
use tokio::time::timeout;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

type Body = Arc<dyn Fn(TaskCall<'_>) -> TaskOutcome + Send + Sync>;

/// A binary is the name of a closure; `broken` does not decode, and `bomb` panics while it is decoded.
#[derive(Clone, Default)]
pub(crate) struct Table {
    bodies: BTreeMap<&'static str, Body>,
    pub(crate) prepared: Arc<AtomicUsize>,
}

struct Stage(Body);

impl Table {
    pub(crate) fn with(
        mut self,
        name: &'static str,
        body: impl Fn(TaskCall<'_>) -> TaskOutcome + Send + Sync + 'static,
    ) -> Self {
        self.bodies.insert(name, Arc::new(body));
        self
    }
}

impl TaskRunner for Table {
    fn prepare(&self, bytes: &Bytes) -> Result<Arc<dyn PreparedStage>, String> {
        self.prepared.fetch_add(1, Ordering::SeqCst);
        match std::str::from_utf8(bytes).unwrap() {
            "bomb" => panic!("a bomb"),
            name => match self.bodies.get(name) {
                Some(body) => Ok(Arc::new(Stage(Arc::clone(body)))),
                None => Err(format!("no stage {name}")),
            },
        }
    }
}

impl PreparedStage for Stage {
    fn run(&self, call: TaskCall<'_>) -> TaskOutput {
        let outcome = (self.0)(call);
        let metrics = TaskMetrics::default();
        TaskOutput { outcome, metrics, accumulators: Vec::new() }
    }
}

pub(crate) fn result(text: impl Into<Bytes>) -> TaskOutcome {
    TaskOutcome::Result(text.into())
}

pub(crate) fn failure(text: &str) -> TaskOutcome {
    let (kind, message) = (ExceptionKind::User, text.to_owned());
    TaskOutcome::Failed(Arc::new(TaskEndReason::ExceptionFailure { kind, message, backtrace: String::new() }))
}

/// The attempt number `task` of a stage that needs map outputs of `epoch`.
pub(crate) fn task_at(task: u64, epoch: u64) -> LaunchTask {
    let partition = u32::try_from(task).unwrap();
    LaunchTask {
        description: TaskDescription {
            id: TaskAttempt {
                stage: StageId(0),
                stage_attempt: 0,
                partition,
                attempt: 0,
                task: TaskId(task),
            },
            index: partition,
            job: JobId(0),
            binary: TaskBinaryId(0),
            epoch,
            locality: TaskLocality::Any,
        },
        input: Bytes::new(),
        properties: Arc::new(JobProperties::default()),
    }
}

pub(crate) fn task(task: u64) -> LaunchTask {
    task_at(task, 0)
}

/// An executor in this process, and the driver's ends of its channels.
pub(crate) struct Played {
    pub(crate) executor: Executor,
    pub(crate) to_executor: Sender<ToExecutor>,
    pub(crate) from_executor: Receiver<FromExecutor>,
    _dir: TempDir,
}

impl Played {
    pub(crate) fn start(slots: u32, table: Table, settings: &[(&str, &str)]) -> Self {
        let conf: SparkConf = settings.iter().copied().collect();
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("blocks");
        let block_manager = open_block_manager(&conf, ExecutorId(0), 256 << 20, local).unwrap();
        let parts = EnvParts {
            block_manager,
            remote: None,
            driver_block_address: String::new(),
            conf: Arc::new(conf),
            host: HostName::new("here"),
        };
        Self::start_with(slots, table, parts, dir)
    }

    pub(crate) fn start_with(slots: u32, table: Table, parts: EnvParts, dir: TempDir) -> Self {
        let (to_executor, from_driver) = channel();
        let (to_driver, from_executor) = channel();
        let runtime = tokio::runtime::Handle::current();
        let executor =
            Executor::start(parts, Arc::new(table), slots, &runtime, (to_driver, from_driver)).unwrap();
        Self { executor, to_executor, from_executor, _dir: dir }
    }

    pub(crate) fn tell(&self, message: ToExecutor) {
        self.to_executor.send(message).unwrap();
    }

    /// Launches tasks of the stage whose binary is `name`.
    pub(crate) fn launch(&self, name: &'static str, tasks: Vec<LaunchTask>) {
        let bytes = Bytes::from_static(name.as_bytes());
        let binaries = vec![StageBinary { id: TaskBinaryId(0), bytes }];
        self.tell(ToExecutor::Launch { binaries, tasks });
    }

    /// The next message that is no heartbeat.
    pub(crate) async fn hear(&mut self) -> FromExecutor {
        loop {
            match timeout(PATIENCE, self.from_executor.recv()).await.unwrap().unwrap() {
                FromExecutor::Heartbeat(_) => {}
                message => return message,
            }
        }
    }

    /// The first heartbeat that `is` so, whatever else is said before.
    pub(crate) async fn measured(&mut self, is: impl Fn(&ExecutorMetrics) -> bool) -> ExecutorMetrics {
        loop {
            match timeout(PATIENCE, self.from_executor.recv()).await.unwrap().unwrap() {
                FromExecutor::Heartbeat(metrics) if is(&metrics) => return metrics,
                _ => {}
            }
        }
    }

    /// The next attempt that ends, when nothing else is said before.
    pub(crate) async fn ended(&mut self) -> TaskEnded {
        let FromExecutor::TasksEnded(mut tasks) = self.hear().await else {
            panic!("something else was said")
        };
        assert_eq!(tasks.len(), 1);
        tasks.remove(0)
    }

    /// So many attempts that end, by number.
    pub(crate) async fn all_ended(&mut self, count: usize) -> BTreeMap<u64, TaskOutcome> {
        let mut ends = BTreeMap::new();
        while ends.len() < count {
            let ended = self.ended().await;
            ends.insert(ended.id.task.0, ended.outcome);
        }
        ends
    }

    pub(crate) async fn shut_down(mut self) {
        self.tell(ToExecutor::Shutdown);
        assert_eq!(timeout(PATIENCE, self.executor.ended()).await.unwrap(), Ending::Shutdown);
    }
}
