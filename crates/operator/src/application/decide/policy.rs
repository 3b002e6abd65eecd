//! The restart policy. Kubeflow's operator: `ShouldRetry` and the retry intervals, whose counting this follows exactly.

use std::time::Duration;

use hearth_crd::{RestartPolicyType, SparkApplicationSpec, SparkApplicationStatus};
use jiff::Timestamp;

use super::time::{seconds, settling};

/// The seconds between tries, times the number of submissions, where nothing is said.
const DEFAULT_INTERVAL: i64 = 5;

/// Whether, and when, it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Not at all.
    Never,
    /// After this wait.
    After(Duration),
    /// Now.
    Now,
}

/// Whether an application that ended well is run again.
pub(super) fn after_success(spec: &SparkApplicationSpec) -> bool {
    policy(spec) == RestartPolicyType::Always
}

/// Whether an application that failed is run again: with `OnFailure` while it was run at most `onFailureRetries` times.
pub(super) fn after_failure(
    now: Timestamp,
    spec: &SparkApplicationSpec,
    status: &SparkApplicationStatus,
) -> Retry {
    let restart = spec.restart_policy.as_ref();
    let retries = restart.and_then(|policy| policy.on_failure_retries).unwrap_or(0);
    let interval = restart.and_then(|policy| policy.on_failure_retry_interval);
    retry(now, spec, status, status.execution_attempts.unwrap_or(0) <= retries, interval)
}

/// Whether a submission that failed is tried again.
pub(super) fn after_submission_failure(
    now: Timestamp,
    spec: &SparkApplicationSpec,
    status: &SparkApplicationStatus,
) -> Retry {
    let restart = spec.restart_policy.as_ref();
    let retries = restart.and_then(|policy| policy.on_submission_failure_retries).unwrap_or(0);
    let interval = restart.and_then(|policy| policy.on_submission_failure_retry_interval);
    retry(now, spec, status, status.submission_attempts.unwrap_or(0) <= retries, interval)
}

fn retry(
    now: Timestamp,
    spec: &SparkApplicationSpec,
    status: &SparkApplicationStatus,
    is_within_retries: bool,
    interval: Option<i64>,
) -> Retry {
    let is_allowed = match policy(spec) {
        RestartPolicyType::Never => false,
        RestartPolicyType::OnFailure => is_within_retries,
        RestartPolicyType::Always => true,
    };
    if !is_allowed {
        return Retry::Never;
    }
    let Some(since) = &status.last_submission_attempt_time else { return Retry::Now };
    let submissions = i64::from(status.submission_attempts.unwrap_or(0).max(1));
    let wait = seconds(interval.unwrap_or(DEFAULT_INTERVAL).max(0).saturating_mul(submissions));
    settling(now, since.0, wait).map_or(Retry::Now, Retry::After)
}

fn policy(spec: &SparkApplicationSpec) -> RestartPolicyType {
    spec.restart_policy.as_ref().and_then(|policy| policy.policy).unwrap_or_default()
}
