//! Processes that stand still while something is measured.

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// Go on when this is dropped.
#[derive(Debug)]
pub(crate) struct Paused(Vec<Pid>);

impl Paused {
    pub(crate) fn new(pids: &[i32]) -> anyhow::Result<Self> {
        let mut paused = Self(Vec::new());
        for pid in pids {
            let pid = Pid::from_raw(*pid).with_context(|| format!("{pid} is not the number of a process"))?;
            kill_process(pid, Signal::STOP).with_context(|| format!("pause process {pid}"))?;
            paused.0.push(pid);
        }
        Ok(paused)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        for pid in &self.0 {
            // One that has ended meanwhile need not go on.
            kill_process(*pid, Signal::CONT).ok();
        }
    }
}
