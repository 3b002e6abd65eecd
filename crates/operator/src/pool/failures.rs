//! Executors that failed: counted once each, told to the driver and to people, and slowing down what follows them.
//! Spark: `ExecutorPodsLifecycleManager`.

use std::collections::BTreeSet;
use std::time::Duration;

use hearth_crd::{ExecutorFailure, ExecutorPoolStatus};
use hearth_types::ExecutorId;
use hearth_types::pod::ExecutorReport;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::census::{Census, Ended};
use crate::application::cause::{Failure, shorten};
use crate::application::decide::whole_seconds;
use crate::application::decision::Note;

/// How many failures the status keeps.
const MOST_FAILURES: usize = 10;
/// How many the driver is told.
const MOST_REPORTS: usize = 20;
/// How many events one look at the pool makes.
const MOST_NOTES: usize = 5;
/// The longest wait between two starts.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The most bytes of a message.
const LONGEST_MESSAGE: usize = 500;

/// What is to be told of executors that failed.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) reports: Vec<ExecutorReport>,
    pub(super) notes: Vec<Note>,
}

/// Counts in `status` the executors that ended since it was written.
pub(super) fn count(now: Timestamp, status: &mut ExecutorPoolStatus, census: &Census<'_>) -> Told {
    let mut counted: BTreeSet<u32> = status.ended_executors.iter().flatten().copied().collect();
    let fresh: Vec<&Ended<'_>> = census
        .ended
        .iter()
        .filter(|ended| ended.failure().is_some() && counted.insert(ended.number))
        .collect();
    let mut failures = status.failures.take().unwrap_or_default();
    let mut told = Told::default();
    for ended in &fresh {
        let Some(failure) = ended.failure() else { continue };
        if !failure.cause.is_loss() {
            status.failed_executors = status.failed_executors.saturating_add(1);
        }
        failures.push(record_of(now, ended, failure));
        told.notes.push(note_of(ended.pod.name(), failure));
    }
    if fresh.iter().any(|ended| ended.is_failed_start()) {
        wait_longer(now, status);
    }
    limit_notes(&mut told.notes);

    told.reports = failures.iter().rev().take(MOST_REPORTS).rev().map(report_of).collect();
    failures.drain(..failures.len().saturating_sub(MOST_FAILURES));
    status.failures = Some(failures).filter(|failures| !failures.is_empty());
    // Those whose pods are gone cannot be met again.
    let still_there: Vec<u32> =
        census.ended.iter().map(|ended| ended.number).filter(|number| counted.contains(number)).collect();
    status.ended_executors = Some(still_there).filter(|numbers| !numbers.is_empty());
    told
}

/// Makes the next start wait: 1 s after the first failure, then twice as long after each.
pub(super) fn wait_longer(now: Timestamp, status: &mut ExecutorPoolStatus) {
    status.failed_starts = status.failed_starts.max(0).saturating_add(1);
    let doublings = u32::try_from(status.failed_starts - 1).unwrap_or(0).min(6);
    let wait = Duration::from_secs(1 << doublings).min(LONGEST_WAIT);
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
    // Rounded up: a time in a status has whole seconds.
    let until = whole_seconds(now)
        .checked_add(wait)
        .and_then(|until| until.checked_add(SignedDuration::from_secs(1)));
    status.retry_time = until.ok().map(Time);
}

/// How long no executor is started. A time that is further away than any wait was set by another clock, and does not count.
pub(super) fn wait_left(now: Timestamp, status: &ExecutorPoolStatus) -> Option<Duration> {
    let until = status.retry_time.as_ref()?.0;
    let wait = Duration::try_from(until.duration_since(now)).ok().filter(|wait| !wait.is_zero())?;
    (wait <= LONGEST_WAIT + Duration::from_secs(2)).then_some(wait)
}

fn record_of(now: Timestamp, ended: &Ended<'_>, failure: &Failure) -> ExecutorFailure {
    let now = whole_seconds(now);
    let time = ended.finished_at().filter(|finished| *finished <= now).unwrap_or(now);
    ExecutorFailure {
        executor: ended.number,
        pod_name: ended.pod.name().to_owned(),
        time: Time(time),
        cause: failure.cause,
        exit_code: failure.exit_code,
        message: shorten(&failure.message, LONGEST_MESSAGE),
    }
}

fn report_of(failure: &ExecutorFailure) -> ExecutorReport {
    ExecutorReport {
        executor: ExecutorId(failure.executor),
        exit_code: failure.exit_code,
        caused_by_app: !failure.cause.is_loss(),
        message: format!("{}: {}", failure.cause.as_str(), failure.message),
    }
}

fn note_of(pod: &str, failure: &Failure) -> Note {
    let message = match failure.exit_code {
        Some(code) => format!(
            "Executor {pod} failed with ExitCode: {code}, Reason: {}, Pod Message: {}",
            failure.reason,
            shorten(&failure.message, LONGEST_MESSAGE)
        ),
        None => format!("Executor {pod} failed: {}", shorten(&failure.message, LONGEST_MESSAGE)),
    };
    Note::warning("SparkExecutorFailed", message)
}

fn limit_notes(notes: &mut Vec<Note>) {
    let surplus = notes.len().saturating_sub(MOST_NOTES);
    if surplus > 0 {
        notes.truncate(MOST_NOTES);
        let message = format!("{surplus} more executors failed; the pool's status has the latest");
        notes.push(Note::warning("SparkExecutorFailed", message));
    }
}
