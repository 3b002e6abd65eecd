//! The runs of an application that ended, in its status. Kubeflow's operator keeps none.

use hearth_crd::{Attempt, AttemptOutcome, FailureCause, SparkApplicationStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::cause::{Failure, shorten};

/// How many are kept.
const MOST_ATTEMPTS: usize = 10;
/// The most bytes of a message here; `errorMessage` has more of it.
const LONGEST_MESSAGE: usize = 600;

/// Adds the run that `status` speaks of, which ended at `end` for the reason `failure` if it failed.
pub fn record(
    status: &mut SparkApplicationStatus,
    end: Timestamp,
    outcome: AttemptOutcome,
    failure: Option<&Failure>,
) {
    let attempt = Attempt {
        number: status.submission_attempts.unwrap_or(0).max(0),
        submission_id: status.submission_id.clone(),
        start_time: status.last_submission_attempt_time.clone(),
        end_time: Time(end),
        outcome,
        cause: failure.map(|failure| failure.cause),
        exit_code: failure.and_then(|failure| failure.exit_code),
        message: failure.map(|failure| shorten(&failure.message, LONGEST_MESSAGE)),
    };
    let attempts = status.attempts.get_or_insert_default();
    attempts.push(attempt);
    let surplus = attempts.len().saturating_sub(MOST_ATTEMPTS);
    attempts.drain(..surplus);
}

/// The last run that ended.
pub fn last(status: &SparkApplicationStatus) -> Option<&Attempt> {
    status.attempts.as_ref()?.last()
}

/// Why the last run failed, if it did.
pub fn last_cause(status: &SparkApplicationStatus) -> Option<FailureCause> {
    last(status).filter(|attempt| attempt.outcome == AttemptOutcome::Failed)?.cause
}

/// Whether the last driver was taken away, so that the next one is to find its executors.
pub fn is_loss(status: &SparkApplicationStatus) -> bool {
    last_cause(status).is_some_and(FailureCause::is_loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ten_are_kept() {
        let mut status = SparkApplicationStatus::default();
        for number in 1..=13 {
            status.submission_attempts = Some(number);
            let failure = Failure::new(FailureCause::ExitCode, "x".repeat(5000));
            record(&mut status, Timestamp::UNIX_EPOCH, AttemptOutcome::Failed, Some(&failure));
        }
        let attempts = status.attempts.as_ref().unwrap();
        assert_eq!(
            attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(),
            (4..=13).collect::<Vec<_>>()
        );
        assert!(attempts[0].message.as_ref().unwrap().len() < 700);
        assert_eq!(last_cause(&status), Some(FailureCause::ExitCode));
    }
}
