//! Children of a local cluster, played by shell scripts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hearth_cluster::local::{Launch, LocalCluster, Program};
use hearth_cluster::{ClusterEvent, ClusterManager, EventReceiver};
use hearth_types::{ExecutorId, ExecutorLossReason};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// Set in the process that plays the driver; names the file into which its child writes.
const DRIVER: &str = "HEARTH_TEST_DRIVER";
const PATIENCE: Duration = Duration::from_secs(60);

fn shell(script: &str) -> Program {
    let args = ["-c", script].map(OsString::from).to_vec();
    Program { path: Some(PathBuf::from("/bin/sh")), args, env: vec![("GREETING".into(), "hello".into())] }
}

fn cluster(script: &str) -> (LocalCluster, EventReceiver) {
    let launch = |executor| Ok(Launch { bootstrap: format!("line for {executor}"), scratch: None });
    LocalCluster::new(shell(script), launch, &Handle::current())
}

async fn next(events: &mut EventReceiver) -> ClusterEvent {
    timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

fn exited(executor: u32, code: i32) -> ClusterEvent {
    ClusterEvent::ExecutorExited {
        executor: ExecutorId(executor),
        reason: ExecutorLossReason::Exited { code },
    }
}

/// Looks again and again until `path` holds a whole line.
fn read_line(path: &Path) -> String {
    let begin = Instant::now();
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text.trim_end().to_owned(),
            _ if begin.elapsed() > PATIENCE => panic!("nothing in {}", path.display()),
            _ => std::thread::yield_now(),
        }
    }
}

#[tokio::test]
async fn a_child_gets_its_bootstrap_its_role_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("seen");
    let script = format!("read line; echo \"$line, $HEARTH_ROLE, $GREETING\" > {}", file.display());
    let (cluster, mut events) = cluster(&script);
    cluster.request_executors(1);
    assert_eq!(next(&mut events).await, exited(0, 0));
    assert_eq!(read_line(&file), "line for 0, executor, hello");
    cluster.stop().await;
}

#[tokio::test]
async fn an_exit_code_and_a_signal_are_reported_and_the_child_is_replaced() {
    let (cluster, mut events) =
        cluster("read line; case $line in *0) exit 7;; *1) kill -9 $$;; *) cat;; esac");
    cluster.request_executors(1);
    assert_eq!(next(&mut events).await, exited(0, 7));
    assert_eq!(next(&mut events).await, exited(1, 137));
    let third = timeout(PATIENCE, async {
        loop {
            // Until the third child is there, there is nothing to abandon.
            cluster.abandon(ExecutorId(2));
            if let Ok(event) = events.try_recv() {
                return event;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(third.await.unwrap(), exited(2, 137));
    cluster.stop().await;
}

#[tokio::test]
async fn a_crash_loop_ends_in_a_failed_request() {
    let (cluster, mut events) = cluster("exit 3");
    cluster.request_executors(1);
    for executor in 0..3 {
        assert_eq!(next(&mut events).await, exited(executor, 3));
    }
    let ClusterEvent::RequestFailed { reason } = next(&mut events).await else { panic!("no failure") };
    assert!(reason.contains("3 executors in a row") && reason.contains("exit code 3"), "{reason}");
    cluster.request_executors(1);
    assert_eq!(next(&mut events).await, exited(3, 3));
    cluster.stop().await;
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let program = Program { path: Some("/no/such/program".into()), args: vec![], env: vec![] };
    let (cluster, mut events) = LocalCluster::new(program, |_| Ok(Launch::default()), &Handle::current());
    cluster.request_executors(3);
    let ClusterEvent::RequestFailed { reason } = next(&mut events).await else { panic!("no failure") };
    assert!(reason.contains("/no/such/program"), "{reason}");
    timeout(PATIENCE, cluster.stop()).await.unwrap();
}

#[tokio::test]
async fn stubborn_children_are_killed_and_leave_no_files() {
    let dir = tempfile::tempdir().unwrap();
    let scratch = dir.path().to_owned();
    let launch = move |executor: ExecutorId| {
        let own = scratch.join(executor.to_string());
        std::fs::create_dir(&own).map_err(|error| error.to_string())?;
        Ok(Launch { bootstrap: own.display().to_string(), scratch: Some(own) })
    };
    let program =
        shell("trap '' TERM INT; read line; echo up > $line/up; while :; do read x || sleep 60; done");
    let (cluster, mut events) = LocalCluster::new(program, launch, &Handle::current());
    cluster.request_executors(2);
    for executor in 0..2 {
        let up = dir.path().join(executor.to_string()).join("up");
        tokio::task::spawn_blocking(move || read_line(&up)).await.unwrap();
    }
    timeout(PATIENCE, cluster.stop()).await.unwrap();
    let mut ends = vec![next(&mut events).await, next(&mut events).await];
    ends.sort_by_key(|event| format!("{event:?}"));
    assert_eq!(ends, [exited(0, 137), exited(1, 137)]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_removed_child_that_goes_by_itself_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script = format!("mkfifo {0} 2>/dev/null; read line; cat {0}; exit 0", go.display());
    let (cluster, mut events) = cluster(&script);
    cluster.request_executors(1);
    cluster.registered(ExecutorId(0));
    cluster.request_executors(0);
    cluster.remove(&[ExecutorId(0)]);
    // Opens the pipe on which the child waits, once the child has made it.
    let opened = tokio::task::spawn_blocking(move || {
        let begin = Instant::now();
        while !go.exists() && begin.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        std::fs::write(go, "go\n")
    });
    opened.await.unwrap().unwrap();
    assert_eq!(next(&mut events).await, exited(0, 0));
    cluster.stop().await;
    assert!(events.try_recv().is_err());
}

/// Does nothing by itself: run again by the next test, it plays a driver that never ends.
#[tokio::test]
async fn a_driver_for_another_test() {
    let Ok(file) = std::env::var(DRIVER) else { return };
    // Says its own number, then waits for the end of its lifeline.
    let (cluster, mut events) = cluster(&format!("read line; echo $$ > {file}; cat; echo cut > {file}.cut"));
    cluster.request_executors(1);
    cluster.registered(ExecutorId(0));
    events.recv().await;
}

/// A process of this test program that runs only the named test.
fn play_driver(file: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_driver_for_another_test", "--nocapture"])
        .env(DRIVER, file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_child_learns_that_its_driver_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let mut driver = play_driver(&file);
    let child: i32 = read_line(&file).parse().unwrap();
    assert!(Path::new(&format!("/proc/{child}")).exists());
    driver.kill().unwrap();
    driver.wait().unwrap();
    assert_eq!(read_line(&dir.path().join("pid.cut")), "cut");
}
