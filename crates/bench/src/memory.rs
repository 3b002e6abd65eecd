//! Resident memory of the processes of an application.

use std::fs;

use anyhow::Context;
use hearth::prelude::*;

const MASTER: &str = "local-cluster[2,1,1024]";

/// Prints what an idle executor holds, and the driver after many tasks.
#[expect(clippy::print_stdout, reason = "a program prints its result")]
pub(crate) fn report() -> anyhow::Result<()> {
    let sc =
        SparkContext::new(SparkConf::new().with("spark.app.name", "memory").with("spark.master", MASTER))?;
    // Both executors run a task, so both have registered and are idle after it.
    sc.range(0, 64, 1, 64).count()?;
    for child in children()? {
        println!("idle executor {child}: {} MiB", resident(&child, "VmRSS")? / 1024);
    }
    sc.range(0, 1_000_000, 1, 1_000_000).count()?;
    println!("driver after 1,000,000 tasks: {} MiB", resident("self", "VmRSS")? / 1024);
    println!("driver at most: {} MiB", resident("self", "VmHWM")? / 1024);
    Ok(())
}

/// The processes that this one has started.
fn children() -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for thread in fs::read_dir("/proc/self/task")? {
        let list = fs::read_to_string(thread?.path().join("children"))?;
        found.extend(list.split_whitespace().map(str::to_owned));
    }
    Ok(found)
}

/// A figure of `/proc/PID/status`, in KiB.
fn resident(process: &str, figure: &str) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()).context("no such figure")?;
    Ok(number.parse()?)
}
