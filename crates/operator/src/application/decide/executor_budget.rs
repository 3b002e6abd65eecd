//! How many executors may fail. Spark: `ExecutorFailureTracker`, in the driver there.

use std::time::Duration;

use hearth_conf::entries::executor::{EXECUTOR_FAILURES_VALIDITY_INTERVAL, EXECUTOR_MAX_NUM_FAILURES};
use hearth_conf::{Entry, SparkConf, Value};
use hearth_crd::{ExecutorPoolStatus, FailureCause, is_dynamic_allocation};
use jiff::{SignedDuration, Timestamp};

use super::draft::Draft;
use super::scale_in_place::{instances, setting};
use crate::application::cause::Failure;

/// Why the application is ended because of its executors, and the error message.
pub(super) fn exceeded(draft: &Draft<'_>) -> Option<(Failure, String)> {
    let status = draft.observed.pool.as_ref()?.status.as_ref()?;
    if status.failed_executors <= 0 {
        return None;
    }
    let most = most_failures(draft);
    let interval = entry(draft, &EXECUTOR_FAILURES_VALIDITY_INTERVAL).flatten();
    let found = match interval {
        Some(interval) => within(draft.now, status, interval),
        None => i64::from(status.failed_executors),
    };
    if found <= most {
        return None;
    }
    let last = status.failures.iter().flatten().rfind(|failure| !failure.cause.is_loss());
    let last =
        last.map(|last| format!("; the last, {}: {}", last.pod_name, last.message)).unwrap_or_default();
    let message =
        format!("executor failures: {found}, more than spark.executor.maxNumFailures allows ({most}){last}");
    Some((Failure::new(FailureCause::ExecutorFailures, &message), message))
}

/// The setting, or twice the executors, at least 3.
fn most_failures(draft: &Draft<'_>) -> i64 {
    if let Some(most) = entry(draft, &EXECUTOR_MAX_NUM_FAILURES).flatten() {
        return i64::from(most);
    }
    let executors = if is_dynamic_allocation(draft.spec()) {
        setting(draft.spec(), "spark.dynamicAllocation.maxExecutors").unwrap_or(i32::MAX).into()
    } else {
        i64::from(instances(draft.application))
    };
    executors.saturating_mul(2).max(3)
}

/// How many failed within the interval. Only the last ten are known; if all of them are within it, their rate says how many
/// there were. One that is further ahead than the interval was written by another clock, and does not count.
fn within(now: Timestamp, status: &ExecutorPoolStatus, interval: Duration) -> i64 {
    let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
    let failures = status.failures.iter().flatten().filter(|failure| !failure.cause.is_loss());
    let ages: Vec<SignedDuration> = failures.map(|failure| now.duration_since(failure.time.0)).collect();
    let recent = ages.iter().filter(|age| age.abs() <= interval).count();
    let known = i64::try_from(recent).unwrap_or(i64::MAX);
    let all = i64::from(status.failed_executors);
    let has_rate = |oldest: &&SignedDuration| !oldest.is_negative() && recent == ages.len() && all > known;
    let Some(oldest) = ages.first().filter(has_rate) else {
        return known.min(all);
    };
    let seconds = oldest.as_secs().max(1);
    known.saturating_mul(interval.as_secs().max(1)).saturating_div(seconds).clamp(known, all)
}

fn entry<T: Value>(draft: &Draft<'_>, entry: &Entry<T>) -> Option<T> {
    let mut conf = SparkConf::new();
    if let Some(value) = draft.spec().spark_conf.as_ref().and_then(|conf| conf.get(entry.key())) {
        conf.set(entry.key(), value);
    }
    conf.get_entry(entry).ok()
}
