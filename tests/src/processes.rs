//! Which processes of an application are there, which its environment tells: children inherit it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::started::send;

/// A process of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Whether it is an executor.
    pub is_executor: bool,
}

impl Process {
    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        send(self.id, signal);
    }
}

/// The processes that were started with this directory for temporary files.
pub fn processes_below(temp_dir: &Path) -> Vec<Process> {
    let mark = format!("TMPDIR={}", temp_dir.display());
    let all = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap());
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(|id| read(id, &mark)).collect()
}

/// A process that ends while it is looked at is none; the environment of a zombie is empty.
fn read(id: u32, mark: &str) -> Option<Process> {
    let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
    let has = |variable: &str| environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok()?.trim_end().to_owned();
    has(mark).then(|| Process { id, name, is_executor: has("HEARTH_ROLE=executor") })
}

/// Looks until it is so, and returns how long that took. Fails after the time.
pub fn wait_until(at_most: Duration, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < at_most, "not within {at_most:?}: {what}");
        std::thread::sleep(Duration::from_millis(10)); // waits for: what the caller looks at
    }
    start.elapsed()
}
