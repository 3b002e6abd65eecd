//! What an executor tells of itself with a heartbeat. Spark: `ExecutorMetricsPoller`, `ExecutorMetricType`.
//!
//! Spark polls more often than it reports, because a JVM's heap swings between collections; ours measures when it
//! reports.

use hearth_types::ExecutorMetrics;

use crate::env::ExecutorEnv;
use crate::slots::Slots;

/// Measures the executor now. Does nothing that waits: the kernel answers from its counters.
pub(crate) fn measure(env: &ExecutorEnv, slots: &Slots) -> ExecutorMetrics {
    let memory = env.memory().usage();
    let (running, queued) = slots.counts();
    ExecutorMetrics {
        storage_memory: memory.storage,
        execution_memory: memory.execution,
        resident_memory: resident_memory(),
        running_tasks: u32::try_from(running).unwrap_or(u32::MAX),
        queued_tasks: u32::try_from(queued).unwrap_or(u32::MAX),
    }
}

/// Resident bytes of this process; 0 where there is no `/proc`.
fn resident_memory() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    resident_pages(&statm).saturating_mul(rustix::param::page_size() as u64)
}

/// The second number of `statm`.
fn resident_pages(statm: &str) -> u64 {
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_the_second_number_of_statm() {
        assert_eq!(resident_pages("11201 2950 2048 14 0 1024 0\n"), 2_950);
        assert_eq!(resident_pages(""), 0);
        assert_eq!(resident_pages("1 x"), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_memory() {
        assert!(resident_memory() > 100 << 10, "{}", resident_memory());
    }
}
