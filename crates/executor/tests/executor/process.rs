//! An executor as a real process, from its bootstrap to its end. This test program plays it when told to.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hearth_conf::SparkConf;
use hearth_executor::{executor_main, open_block_manager};
use hearth_rpc::control::{AttachedExecutor, DriverService, Receiver, channel};
use hearth_rpc::message::{
    AppConfig, FromExecutor, LaunchTask, StageBinary, TaskEnded, TaskOutcome, ToExecutor,
};
use hearth_rpc::{Authority, Bootstrap, Listener, Services, build_id};
use hearth_storage::{BlockManager, BlockService};
use hearth_types::{BlockId, BroadcastId, ExecutorId, StorageLevel, TaskBinaryId};
use tempfile::TempDir;
use tokio::time::timeout;

use super::common::{PATIENCE, Table, failure, result, task};

/// Does nothing by itself: run again by the other tests, it is an executor.
#[test]
fn an_executor_for_other_tests() {
    if std::env::var("HEARTH_ROLE").as_deref() != Ok("executor") {
        return;
    }
    let table = Table::default()
        .with("pid", |_| result(std::process::id().to_string()))
        .with("broadcast", |call| {
            let found = call.env.broadcast(BroadcastId(1), call.cancel);
            found.map_or_else(|error| failure(&error.to_string()), |bytes| result(bytes.len().to_string()))
        })
        .with("forever", |_| {
            loop {
                std::thread::park();
            }
        });
    // Not by panicking: its report would look as if a test had failed.
    std::process::exit(i32::from(executor_main(Arc::new(table)) != ExitCode::SUCCESS));
}

/// A driver's port, and directories for one executor.
struct Driver {
    attached: Receiver<AttachedExecutor>,
    blocks: Arc<BlockManager>,
    bootstrap: Bootstrap,
    dir: TempDir,
}

async fn driver(build: &str) -> Driver {
    let dir = tempfile::tempdir().unwrap();
    let app_dir = dir.path().join("app");
    let authority = Authority::new("app").unwrap();
    let listener = Listener::bind("127.0.0.1", 0, "spark.driver.port").await.unwrap();
    let address = listener.address().to_string();
    let blocks =
        open_block_manager(&SparkConf::new(), ExecutorId::DRIVER, 256 << 20, app_dir.join("driver")).unwrap();
    let (sender, attached) = channel();
    let services = Services::default()
        .with(DriverService::new(build, AppConfig::default(), sender))
        .with(BlockService::new(Arc::clone(&blocks)).into_server());
    let identity = authority.issue("driver").unwrap();
    tokio::spawn(async move { listener.serve(services, &identity).await });
    let bootstrap = Bootstrap {
        executor: ExecutorId(3),
        driver_address: address.clone(),
        driver_block_address: address,
        host: "127.0.0.1".into(),
        identity: authority.issue("executor-3").unwrap(),
        conf: BTreeMap::new(),
        slots: 2,
        memory: 128 << 20,
        local_dir: app_dir.join("executor-3"),
        app_dir,
    };
    Driver { attached, blocks, bootstrap, dir }
}

impl Driver {
    fn start(&self) -> Process {
        self.start_with(Stdio::inherit(), "off")
    }

    fn start_with(&self, stderr: Stdio, log_level: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::an_executor_for_other_tests", "--nocapture"])
            .env("HEARTH_ROLE", "executor")
            .env("HEARTH_LOG_LEVEL", log_level)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let line = serde_json::to_string(&self.bootstrap).unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{line}").unwrap();
        Process {
            child,
            app_dir: self.bootstrap.app_dir.clone(),
            local_dir: self.bootstrap.local_dir.clone(),
        }
    }

    async fn attached(&mut self) -> Attached {
        let attached = timeout(PATIENCE, self.attached.recv()).await.unwrap().unwrap();
        assert_eq!(attached.registration.executor, ExecutorId(3));
        assert_eq!(attached.registration.slots, 2);
        attached.to_executor.send(ToExecutor::Registered).unwrap();
        Attached(attached)
    }
}

struct Attached(AttachedExecutor);

impl Attached {
    fn launch(&self, binary: u64, name: &'static str, mut tasks: Vec<LaunchTask>) {
        for task in &mut tasks {
            task.description.binary = TaskBinaryId(binary);
        }
        let bytes = name.as_bytes().into();
        let binaries = vec![StageBinary { id: TaskBinaryId(binary), bytes }];
        self.0.to_executor.send(ToExecutor::Launch { binaries, tasks }).unwrap();
    }

    async fn ended(&mut self) -> Vec<TaskEnded> {
        loop {
            match timeout(PATIENCE, self.0.from_executor.recv()).await.unwrap().unwrap() {
                FromExecutor::TasksEnded(ended) => return ended,
                FromExecutor::Heartbeat(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn outcomes(&mut self, count: usize) -> Vec<TaskOutcome> {
        let mut outcomes = Vec::new();
        while outcomes.len() < count {
            outcomes.extend(self.ended().await.into_iter().map(|ended| ended.outcome));
        }
        outcomes
    }
}

struct Process {
    child: Child,
    app_dir: PathBuf,
    local_dir: PathBuf,
}

impl Process {
    /// Waits for its end, so long at most.
    fn wait(&mut self, limit: Duration) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < limit, "still there after {limit:?}");
            std::thread::yield_now();
        }
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_registers_works_reads_broadcasts_and_shuts_down_cleanly() {
    let mut driver = driver(build_id()).await;
    let mut process = driver.start();
    let mut attached = driver.attached().await;
    attached.launch(0, "pid", vec![task(0)]);
    assert_eq!(attached.outcomes(1).await, [result(process.child.id().to_string())]);

    let value = vec![5; 3 << 20];
    let level = StorageLevel::MEMORY_AND_DISK_SER;
    driver.blocks.put_bytes(BlockId::Broadcast(BroadcastId(1)), value.into(), level).unwrap();
    attached.launch(1, "broadcast", vec![task(1), task(2)]);
    assert_eq!(attached.outcomes(2).await, [result("3145728"), result("3145728")]);
    // From now on the executor has it, whatever the driver does.
    driver.blocks.remove(BlockId::Broadcast(BroadcastId(1)));
    attached.launch(1, "broadcast", vec![task(3)]);
    assert_eq!(attached.outcomes(1).await, [result("3145728")]);

    assert!(process.local_dir.exists());
    attached.0.to_executor.send(ToExecutor::Shutdown).unwrap();
    assert!(process.wait(PATIENCE).success());
    assert!(!process.local_dir.exists() && process.app_dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_log_nobody_reads_any_more_works_on() {
    let mut driver = driver(build_id()).await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut process = driver.start_with(writer.into(), "debug");
    let mut attached = driver.attached().await;
    attached.launch(0, "pid", vec![task(0)]);
    assert_eq!(attached.outcomes(1).await, [result(process.child.id().to_string())]);
    attached.0.to_executor.send(ToExecutor::Shutdown).unwrap();
    assert!(process.wait(PATIENCE).success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_outlives_ctrl_c_and_not_its_driver_and_leaves_nothing() {
    let mut driver = driver(build_id()).await;
    let mut process = driver.start();
    let mut attached = driver.attached().await;
    process.signal(rustix::process::Signal::INT);
    attached.launch(0, "pid", vec![task(0)]);
    assert_eq!(attached.outcomes(1).await.len(), 1);
    // A task that never looks at its flag does not hold the end up.
    attached.launch(1, "forever", vec![task(1)]);
    drop(process.child.stdin.take());
    assert!(!process.wait(PATIENCE).success());
    assert!(!process.app_dir.exists(), "the driver can not delete it any more");
    drop(driver.dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_driver_dies_while_it_stops_leaves_nothing() {
    let mut driver = driver(build_id()).await;
    let mut process = driver.start();
    let attached = driver.attached().await;
    process.signal(rustix::process::Signal::STOP);
    attached.0.to_executor.send(ToExecutor::Shutdown).unwrap();
    drop(process.child.stdin.take());
    process.signal(rustix::process::Signal::CONT);
    process.wait(PATIENCE);
    assert!(!process.app_dir.exists(), "the driver can not delete it any more");
    drop(driver.dir);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_its_driver_gave_up_goes_and_leaves_the_application_alone() {
    let mut driver = driver(build_id()).await;
    let mut process = driver.start();
    let attached = driver.attached().await;
    drop(attached);
    assert!(!process.wait(PATIENCE).success());
    assert!(!process.local_dir.exists() && process.app_dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_process_cleans_up() {
    let mut driver = driver(build_id()).await;
    let mut process = driver.start();
    let _attached = driver.attached().await;
    process.signal(rustix::process::Signal::TERM);
    assert!(process.wait(PATIENCE).success());
    assert!(!process.local_dir.exists() && process.app_dir.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_of_another_build_is_sent_away() {
    let mut driver = driver("another build").await;
    let mut process = driver.start();
    assert!(!process.wait(PATIENCE).success());
    assert!(driver.attached.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_a_driver_says_so_and_ends() {
    let mut driver = driver(build_id()).await;
    driver.bootstrap.driver_address = "127.0.0.1:1".into();
    assert!(!driver.start().wait(PATIENCE).success());
}
