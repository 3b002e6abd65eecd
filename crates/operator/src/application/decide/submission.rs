//! Makes submissions, and says what becomes of an application when one was made or could not be.
//!
//! Which submission comes next follows from the written status and the spec alone. An operator that was killed between making
//! the pods and writing the status decides the same again, finds its own pods, and goes on.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{Attempt, AttemptOutcome, DriverInfo, FailureCause, SparkApplicationStatus};

use super::draft::{Draft, Next};
use super::driver::{Driver, is_of};
use super::policy::{self, Retry};
use super::time::seconds;
use super::{ending, predecessor, running, teardown, unsupported};
use crate::application::cause::Failure;
use crate::application::decision::{Action, SubmitFailure};
use crate::application::history;
use crate::application::observed::driver_pod_name;
use crate::application::submission::Submission;
use crate::names::SUBMISSION_ID_LABEL;

/// What an error of a submission begins with; clients look for it.
const SUBMIT_ERROR: &str = "failed to submit spark application: failed to run spark-submit";

/// A service of the web UI: its name, its address as `ip:port` or nothing, and its port.
pub(super) type UiService = (String, String, i32);

/// Submits the next run, once nothing of an earlier one is in its way.
pub(super) fn submit(draft: &mut Draft<'_>) -> Next {
    if draft.has_moved {
        return Next::Done;
    }
    let next = next_submission(draft);
    let is_begun = match Driver::of(draft) {
        Driver::Missing => false,
        Driver::OfPredecessor(pod) => {
            predecessor::wait_for_driver(draft, pod);
            return Next::Done;
        }
        Driver::Foreign(pod) => {
            let message = format!(
                "driver pod already exist: pod {:?} is there and does not belong to this application; delete it, or set \
                 spec.driver.podName",
                pod.name()
            );
            give_up(draft, &Failure::new(FailureCause::Submission, message));
            return Next::Done;
        }
        Driver::Ours(pod) if is_of(pod, &next) => true,
        // The last run is to go, and its executors with it, if that was not done when its end was written.
        Driver::Ours(_) => {
            teardown::delete_driver(draft);
            if next.driver_epoch == 1 {
                is_room_for(draft, &next);
            }
            draft.look_in(seconds(10));
            return Next::Done;
        }
    };
    if !is_begun && next.driver_epoch == 1 && !is_room_for(draft, &next) {
        draft.look_in(seconds(10));
        return Next::Done;
    }
    draft.act(Action::Submit(next));
    Next::Done
}

/// Whether no pool or executor is in the way of those of a new submission; deletes an older pool.
fn is_room_for(draft: &mut Draft<'_>, next: &Submission) -> bool {
    let observed = draft.observed;
    if let Some(pool) = &observed.pool {
        let labels = pool.metadata.labels.as_ref();
        if labels.and_then(|labels| labels.get(SUBMISSION_ID_LABEL)) != Some(&next.id) {
            if pool.metadata.deletion_timestamp.is_none() {
                draft.act(Action::DeleteExecutors);
            }
            return false;
        }
        return pool.metadata.deletion_timestamp.is_none();
    }
    // The counters begin anew after a change of the spec, and with them the names of executors.
    let is_like_an_older_one = next.attempt == 1;
    let is_in_the_way = |pod: &crate::pod_view::PodView| {
        pod.label(SUBMISSION_ID_LABEL) != Some(next.id.as_str()) && !pod.is_given_up()
    };
    let mut executors = observed.executors.iter().filter(|_| is_like_an_older_one);
    let in_the_way = executors.find(|pod| is_in_the_way(pod));
    in_the_way.inspect(|pod| predecessor::tell(draft, pod)).is_none()
}

/// Which submission comes next: the same with its next driver where only the driver was lost, a new one otherwise.
pub(super) fn next_submission(draft: &Draft<'_>) -> Submission {
    let status = &draft.status;
    let attempts = status.submission_attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0);
    let epoch = status.driver_epoch.and_then(|epoch| u32::try_from(epoch).ok());
    if let (State::PendingRerun, Some(epoch), Some(id), Some(spark_application_id)) =
        (draft.state(), epoch, &status.submission_id, &status.spark_application_id)
    {
        let (id, spark_application_id) = (id.clone(), spark_application_id.clone());
        return Submission { attempt: attempts, driver_epoch: epoch, id, spark_application_id }.next_driver();
    }
    // The counter begins anew with each change of the spec. The digest and the times of the last run keep the ids apart.
    let last = history::last(status);
    let start =
        last.and_then(|last| last.start_time.as_ref()).map(|time| time.0.to_string()).unwrap_or_default();
    let end = last.map(|last| last.end_time.0.to_string()).unwrap_or_default();
    let origin = format!("{}/{}/{start}/{end}", draft.uid(), draft.digest);
    Submission::first(&origin, attempts.saturating_add(1))
}

/// What becomes of the application when the submission was made.
pub(super) fn on_submitted(draft: &mut Draft<'_>, submission: &Submission, ui_service: Option<UiService>) {
    let is_first = submission.attempt == 1 && submission.driver_epoch == 1;
    begin(draft, submission);
    let pod_name = driver_pod_name(draft.application);
    let status = &mut draft.status;
    status.execution_attempts = Some(status.execution_attempts.unwrap_or(0).max(0).saturating_add(1));
    status.submission_attempts = Some(count(submission.attempt));
    status.driver_epoch = Some(count(submission.driver_epoch));
    status.termination_time = None;
    let before = std::mem::take(&mut status.driver_info);
    let (web_ui_service_name, web_ui_address, web_ui_port) = match ui_service {
        Some((name, address, port)) => {
            (Some(name), Some(address).filter(|address| !address.is_empty()), Some(port))
        }
        None => (None, None, None),
    };
    status.driver_info = DriverInfo {
        web_ui_service_name,
        web_ui_address,
        web_ui_port,
        web_ui_ingress_name: before.web_ui_ingress_name,
        web_ui_ingress_address: before.web_ui_ingress_address,
        pod_name: Some(pod_name),
    };
    if submission.driver_epoch == 1 {
        status.executor_state = Some(std::collections::BTreeMap::new());
    }
    draft.go_with(State::Submitted, None);
    draft.note_unless(
        &[running::DRIVER_RUNNING, ending::COMPLETED],
        "SparkApplicationSubmitted",
        format!("SparkApplication {} was submitted successfully", draft.name()),
    );
    if is_first {
        let ignored = crate::application::build::ignored_fields(draft.application);
        if !ignored.is_empty() {
            draft.warn("SparkApplicationFieldsIgnored", ignored.join("; "));
        }
    }
}

/// What becomes of the application when the submission could not be made.
pub(super) fn on_submission_failed(draft: &mut Draft<'_>, submission: &Submission, failure: &SubmitFailure) {
    begin(draft, submission);
    // The driver that was to follow a lost one could not be made: what comes next is a new submission, and counts as one.
    let attempt =
        if submission.driver_epoch > 1 { submission.attempt.saturating_add(1) } else { submission.attempt };
    draft.status.submission_attempts = Some(count(attempt));
    draft.status.driver_epoch = None;
    let failure = Failure::new(failure.cause, with_advice(failure));
    fail(draft, &failure);
    // What was made of it may hold the very quota that the driver lacked.
    draft.act(Action::DeleteExecutors);
}

/// Gives up a submission that need not be tried.
pub(super) fn give_up(draft: &mut Draft<'_>, failure: &Failure) {
    let next = next_submission(draft);
    begin(draft, &next);
    draft.status.submission_attempts = Some(count(next.attempt));
    draft.status.driver_epoch = None;
    fail(draft, failure);
    if failure.cause == FailureCause::Unsupported {
        draft.status.termination_time = Some(draft.time());
    }
}

fn begin(draft: &mut Draft<'_>, submission: &Submission) {
    draft.status.spec_digest = Some(draft.digest.clone());
    draft.status.submission_id = Some(submission.id.clone());
    draft.status.spark_application_id = Some(submission.spark_application_id.clone());
    draft.status.last_submission_attempt_time = Some(draft.time());
}

fn fail(draft: &mut Draft<'_>, failure: &Failure) {
    let time = draft.time();
    history::record(&mut draft.status, time.0, AttemptOutcome::Failed, Some(failure));
    // It was never submitted.
    if let Some(Attempt { start_time, .. }) =
        draft.status.attempts.as_mut().and_then(|attempts| attempts.last_mut())
    {
        *start_time = None;
    }
    let error = format!("{SUBMIT_ERROR}: {}", failure.message);
    draft.go_with(State::SubmissionFailed, Some(&error));
    draft.warn(
        "SparkApplicationSubmissionFailed",
        format!("failed to submit SparkApplication {}: {}", draft.name(), failure.message),
    );
}

fn with_advice(failure: &SubmitFailure) -> String {
    let message = &failure.message;
    if failure.cause == FailureCause::QuotaExceeded {
        return format!(
            "{message}; ask for less in spec.driver and spec.executor, or for more quota in the namespace"
        );
    }
    message.clone()
}

/// A submission failed: it is tried again if the policy says so, or the application failed.
pub(super) fn on_failed(draft: &mut Draft<'_>) -> Next {
    if unsupported::is_at_rest(&draft.status) {
        return Next::Done;
    }
    match policy::after_submission_failure(draft.now, draft.spec(), &draft.status) {
        Retry::Never => ending::give_up(draft),
        Retry::After(wait) => {
            draft.look_in(wait);
            Next::Done
        }
        Retry::Now => submit(draft),
    }
}

/// Whether the application still waits for its first submission, whatever was tried for that.
/// Once it was given up and edited it has waited enough.
pub(super) fn was_never_submitted(status: &SparkApplicationStatus) -> bool {
    let is_try = |attempt: &Attempt| {
        let is_by_server =
            matches!(attempt.cause, Some(FailureCause::Submission | FailureCause::QuotaExceeded));
        attempt.start_time.is_none() && is_by_server
    };
    status.execution_attempts.unwrap_or(0) <= 0 && status.attempts.iter().flatten().all(is_try)
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
