//! Programs that end by themselves, or never.

use std::path::Path;
use std::thread;
use std::time::Duration;

use hearth::prelude::*;
use rustix::process::{Signal, getpid, kill_process};

/// Ends with a status of its own after a job.
pub(crate) fn exit(sc: &SparkContext, status: i32) -> anyhow::Result<()> {
    println!("{}", sc.range(0, 10, 1, 2).count()?);
    std::process::exit(status)
}

/// Ends with a status of its own while its tasks run: one of them ends the process, if the master is `local`.
pub(crate) fn exit_in_a_task(sc: &SparkContext, status: i32) -> anyhow::Result<()> {
    sc.range(0, 1_000_000, 1, 4).persist(StorageLevel::DISK_ONLY)?.count()?;
    sc.range(0, 1, 1, 1).foreach_with(status, |status, _| std::process::exit(*status))?;
    Ok(())
}

/// Returns, and nobody stops its context.
pub(crate) fn forget(sc: SparkContext) -> anyhow::Result<()> {
    sc.range(0, 10, 1, 2).count()?;
    std::mem::forget(sc);
    Ok(())
}

/// Leaves a process behind, and goes on. Says `orphan` by a file when that process is about to end.
pub(crate) fn orphan(directory: &str) -> anyhow::Result<()> {
    let script = format!("(sleep 0.1; touch {directory}/orphan) & exit 0");
    std::process::Command::new("sh").args(["-c", &script]).status()?;
    loop {
        thread::sleep(Duration::from_secs(1)); // waits for: the end of the process
    }
}

/// Is asked to terminate as soon as its application runs.
pub(crate) fn terminate(_: &SparkContext) -> anyhow::Result<()> {
    kill_process(getpid(), Signal::TERM)?;
    loop {
        thread::park();
    }
}

/// Shuffles and caches, then runs two tasks that do not end. Says `running` when both run: each makes a file.
pub(crate) fn wait(sc: &SparkContext, directory: &str) -> anyhow::Result<()> {
    let cached = sc.range(0, 100_000, 1, 4).map(|n| (n % 10, n)).group_by_key(2).cache()?;
    cached.count()?;
    let here = directory.to_owned();
    thread::spawn(move || {
        while !(0..2).all(|n| Path::new(&here).join(n.to_string()).exists()) {
            thread::sleep(Duration::from_millis(5)); // waits for: the files of the two tasks
        }
        println!("running");
    });
    sc.range(0, 2, 1, 2).foreach_with(directory.to_owned(), |directory, n| {
        std::fs::write(Path::new(directory).join(n.to_string()), "")
            .unwrap_or_else(|error| panic!("{error}"));
        loop {
            thread::sleep(Duration::from_secs(1)); // waits for: the end of the process
        }
    })?;
    Ok(())
}
