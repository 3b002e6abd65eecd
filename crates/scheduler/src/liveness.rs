//! Who has been silent for too long. Spark: `HeartbeatReceiver`.
//!
//! One timer per executor, looked at only when it runs out, so that a heartbeat costs one write.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth_types::{ExecutorId, ExecutorLossReason, Timestamp};

use crate::tasks::TaskScheduler;

/// Timers of living executors.
#[derive(Debug)]
pub(crate) struct Liveness {
    timeout: Duration,
    checks: BTreeSet<(Timestamp, ExecutorId)>,
}

impl Liveness {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, checks: BTreeSet::new() }
    }

    /// A new executor. The driver in its role as executor is no process of its own and cannot fall silent.
    pub(crate) fn watch(&mut self, executor: ExecutorId, now: Timestamp) {
        if executor != ExecutorId::DRIVER {
            self.checks.insert((now + self.timeout, executor));
        }
    }

    /// When to look next.
    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        self.checks.first().map(|(at, _)| *at)
    }

    /// The next executor that was silent for too long.
    pub(crate) fn next_silent(
        &mut self,
        now: Timestamp,
        tasks: &TaskScheduler,
    ) -> Option<(ExecutorId, ExecutorLossReason)> {
        while let Some((at, executor)) = self.checks.first().copied()
            && at <= now
        {
            self.checks.remove(&(at, executor));
            let Some(data) = tasks.executors().get(executor) else { continue };
            let next = data.last_seen + self.timeout;
            if next > now {
                self.checks.insert((next, executor));
                continue;
            }
            let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            let silent_millis = millis(now.since(data.last_seen));
            let limit_millis = millis(self.timeout);
            return Some((executor, ExecutorLossReason::HeartbeatTimeout { silent_millis, limit_millis }));
        }
        None
    }
}
