//! The end of an application, and what is left of it.

use std::time::Instant;

use hearth_rpc::message::ToExecutor;
use hearth_scheduler::CancelTarget;
use hearth_types::{JobId, ListenerEvent};

use super::support::*;
use crate::JobError;

#[test]
fn stop_ends_every_job_and_everything_else() {
    let world = world(&[]);
    let executor = world.executor(0, 1);
    let (submission, _) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(submission));
    executor.next_launch();
    let leaving = std::thread::spawn(move || executor.until(|told| *told == ToExecutor::Shutdown));
    stop(&world.handle);
    assert_eq!(running.join().unwrap(), Err(JobError::Stopped));
    leaving.join().unwrap();
    assert!(world.asked.iter().any(|asked| asked == Asked::Stop));
    assert!(!world.temp_dir.exists());
    let heard: Vec<ListenerEvent> = world.heard.iter().collect();
    assert!(matches!(heard.first(), Some(ListenerEvent::ApplicationStart { .. })));
    assert!(matches!(heard.get(1), Some(ListenerEvent::EnvironmentUpdate { .. })));
    assert!(matches!(heard.last(), Some(ListenerEvent::ApplicationEnd { .. })));
    world.handle.stop();
    let (late, _) = job(10, 0, 1);
    assert_eq!(world.handle.run_job(late), Err(JobError::Stopped));
    world.handle.cancel(CancelTarget::All, "");
    assert!(world.handle.status().job_info(JobId(0)).is_some());
}

#[test]
fn an_executor_that_stays_does_not_keep_stop_from_its_end() {
    let world = world(&[]);
    let _stays = world.executor(0, 1);
    stop(&world.handle);
    assert!(!world.temp_dir.exists());
}

#[test]
fn a_cluster_manager_that_ended_ends_the_application_with_a_reason() {
    let world = world(&[]);
    let (waiting, _) = job(0, 0, 1);
    let handle = world.handle.clone();
    let running = std::thread::spawn(move || handle.run_job(waiting));
    world.hear(|event| matches!(event, ListenerEvent::JobStart { .. }));
    drop(world.cluster);
    let error = running.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("Job 0 cancelled because the cluster manager ended unexpectedly"), "{error}");
    stop(&world.handle);
    assert!(!world.temp_dir.exists());
}

#[test]
fn the_event_log_holds_the_whole_application() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let world = world(&[
        ("spark.eventLog.enabled", "true"),
        ("spark.eventLog.dir", path),
        ("spark.eventLog.compress", "false"),
        ("spark.eventLog.rolling.enabled", "false"),
        ("spark.app.id", "app-7"),
    ]);
    world.executor(0, 2).serve(succeed);
    let (mut job, _) = job(0, 1, 2);
    job.properties.local.insert("db.password".to_owned(), "sesame".to_owned());
    world.handle.run_job(job).unwrap();
    stop(&world.handle);
    let log = directory.path().join("app-7");
    // On a busy machine the last events are written after the end, and then the log gets its name.
    let begin = Instant::now();
    while !log.exists() {
        assert!(begin.elapsed() < WAIT, "the log is not finished");
        std::thread::yield_now();
    }
    let text = std::fs::read_to_string(log).unwrap();
    let count = |event: &str| {
        text.lines().filter(|line| line.starts_with(&format!("{{\"Event\":\"{event}\""))).count()
    };
    assert_eq!(count("SparkListenerTaskEnd"), 4);
    assert_eq!((count("SparkListenerJobStart"), count("SparkListenerJobEnd")), (1, 1));
    assert_eq!((count("SparkListenerStageSubmitted"), count("SparkListenerStageCompleted")), (2, 2));
    assert!(text.contains("\"db.password\":\"*********(redacted)\"") && !text.contains("sesame"));
    assert!(text.lines().last().unwrap().contains("SparkListenerApplicationEnd"));
}
