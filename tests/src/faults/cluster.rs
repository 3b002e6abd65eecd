//! An application whose driver is the test's own process, and whose executors are child processes.

use std::fs;
use std::path::{Path, PathBuf};

use hearth::prelude::*;
use hearth_types::{ExecutorId, ExecutorLossReason};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::sockets::listener;
use super::{Events, History, Job, Note, Notes, PATIENCE};
use crate::wait_until;

/// In the environment of executors, says to which test they belong.
const MARK: &str = "HEARTH_TEST";

/// A running application. When it goes, it checks that no process and no file is left.
#[derive(Debug)]
pub struct Cluster {
    sc: SparkContext,
    events: Events,
    notes: Notes,
    directory: TempDir,
}

impl Cluster {
    /// So many executors of one slot, all registered.
    ///
    /// Tasks are launched one per slot, so that the test knows what runs where.
    pub fn start(executors: u32) -> Self {
        Self::with(executors, &[])
    }

    /// The same with settings, which win over those of the test.
    pub fn with(executors: u32, settings: &[(&str, &str)]) -> Self {
        let cluster = Self::without_waiting(executors, settings);
        cluster.wait_for_executors(executors as usize);
        cluster
    }

    /// The same without waiting for the executors.
    pub fn without_waiting(executors: u32, settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let local = directory.path().join("local");
        fs::create_dir(&local).unwrap();
        let mut conf = SparkConf::new()
            .with("spark.master", format!("local-cluster[{executors},1,512]"))
            .with("spark.local.dir", local.display().to_string())
            .with(format!("spark.executorEnv.{MARK}"), directory.path().display().to_string())
            .with("spark.hearth.scheduler.launchAhead", "0")
            .with("spark.shuffle.io.retryWait", "50ms")
            .with("spark.ui.showConsoleProgress", "false");
        for (key, value) in settings {
            conf.set(*key, *value);
        }
        let sc = SparkContext::new(conf).unwrap();
        let events = Events::of(&sc);
        Self { sc, events, notes: Notes::new(directory.path().join("notes")), directory }
    }

    /// The application.
    pub fn sc(&self) -> &SparkContext {
        &self.sc
    }

    /// What its listeners hear.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// What its tasks say.
    pub fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// Waits for the `nth` note of a partition, counted from 0. Fails if a job does.
    pub fn wait_for(&self, label: &str, partition: u32, nth: usize) -> Note {
        self.notes.look_for(&format!("note {nth} of {label} {partition}"), || {
            assert_eq!(self.events.failure(), None);
            self.notes.read(label).into_iter().filter(|note| note.partition == partition).nth(nth)
        })
    }

    /// A path that nothing is at yet.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs an action on another thread.
    pub fn run<T: Send + 'static>(&self, action: impl FnOnce() -> T + Send + 'static) -> Job<T> {
        Job::start(self.events.clone(), action)
    }

    /// What became of all tasks, after so many jobs have ended.
    pub fn history(&self, jobs: usize) -> History {
        self.events.wait_for_jobs(jobs);
        let history = History::of(&self.events.heard());
        history.assert_only_the_lost_ran_again();
        history
    }

    /// The living executors.
    pub fn executors(&self) -> Vec<ExecutorId> {
        self.sc.status_tracker().executor_infos().into_iter().map(|info| info.executor).collect()
    }

    /// Waits until there are so many executors.
    pub fn wait_for_executors(&self, count: usize) {
        wait_until(PATIENCE, "so many executors", || self.executors().len() == count);
    }

    /// Where an executor serves its blocks, `host:port`.
    pub fn block_address(&self, executor: ExecutorId) -> String {
        let infos = self.sc.status_tracker().executor_infos();
        infos.into_iter().find(|info| info.executor == executor).unwrap().address
    }

    /// The process of a living executor: the one that serves its blocks.
    pub fn process(&self, executor: ExecutorId) -> u32 {
        let port = self.block_address(executor).rsplit_once(':').unwrap().1.parse().unwrap();
        let look = || listener(port, processes(self.directory.path()));
        self.notes.look_for(&format!("a process that listens on {port}"), look)
    }

    /// Sends a signal to an executor.
    pub fn signal(&self, executor: ExecutorId, signal: Signal) {
        let pid = i32::try_from(self.process(executor)).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// `kill -STOP`, and waits until it has come to all threads.
    pub fn stop(&self, executor: ExecutorId) {
        self.signal(executor, Signal::STOP);
        let process = self.process(executor);
        wait_until(PATIENCE, "an executor to stop", || threads_are_stopped(process));
    }

    /// `kill -9`, and waits until the driver knows.
    pub fn kill(&self, executor: ExecutorId) {
        self.signal(executor, Signal::KILL);
        let reason = self.events.wait_for_loss(executor);
        assert_eq!(reason, ExecutorLossReason::Exited { code: 137 });
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.sc.stop();
        if !std::thread::panicking() {
            wait_until(PATIENCE, "the end of the executors", || processes(self.directory.path()).is_empty());
            // The driver deletes what is left once they are gone, if that took too long for `stop`.
            let local = self.directory.path().join("local");
            let is_empty = || fs::read_dir(&local).unwrap().next().is_none();
            wait_until(PATIENCE, "no files to be left", is_empty);
        }
    }
}

fn threads_are_stopped(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let mut states = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("stat")).unwrap());
    // The state comes after the name, which is in parentheses.
    states.all(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" T")))
}

/// The executors of a test, whether they run or are stopped.
fn processes(directory: &Path) -> Vec<u32> {
    let mark = format!("{MARK}={}", directory.display());
    let numbers =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_ours = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    numbers.filter(is_ours).collect()
}
