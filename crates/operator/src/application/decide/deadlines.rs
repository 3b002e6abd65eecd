//! Limits of time: `spec.timeouts`, which Kubeflow's operator lacks.

use std::time::Duration;

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{AttemptOutcome, FailureCause, Timeouts};

use super::draft::{Draft, Next};
use super::submission::was_never_submitted;
use super::time::{left, seconds};
use super::{ending, teardown};
use crate::application::cause::{Failure, Waiting};
use crate::application::{conditions, history};
use crate::pod_view::PodView;

/// How long an image may be missing, or what a container is made of, where nothing is said.
const IMAGE_PULL: i64 = 120;

/// Gives up an application that was not submitted in time since it was made.
pub(super) fn of_queue(draft: &mut Draft<'_>) -> Option<Next> {
    let queued = match draft.state() {
        State::New
        | State::Suspended
        | State::Suspending
        | State::Resuming
        | State::PendingRerun
        | State::SubmissionFailed => {
            was_never_submitted(&draft.status) && !super::unsupported::is_at_rest(&draft.status)
        }
        State::Submitted
        | State::Running
        | State::Succeeding
        | State::Completed
        | State::Failing
        | State::Failed
        | State::Invalidating
        | State::Unknown => false,
    };
    let limit = timeouts(draft).and_then(|timeouts| timeouts.queue_seconds).filter(|_| queued)?;
    let created = draft.application.metadata.creation_timestamp.as_ref()?.0;
    if let Some(wait) = left(draft.now, created, seconds(limit)) {
        draft.look_in(wait);
        return None;
    }
    let earlier = match draft.error() {
        "" => String::new(),
        error => format!("; the last try: {error}"),
    };
    let message =
        format!("not submitted within spec.timeouts.queueSeconds ({limit} s) of its creation{earlier}");
    let failure = Failure::new(FailureCause::DeadlineExceeded, &message);
    let now = draft.time();
    // It failed with the spec as it is now; only another edit begins anew.
    draft.status.spec_digest = Some(draft.digest.clone());
    history::record(&mut draft.status, now.0, AttemptOutcome::Failed, Some(&failure));
    draft.go_with(State::Failed, Some(&message));
    teardown::delete_driver(draft);
    Some(ending::give_up(draft))
}

/// Why a driver that does not start is given up now, and the error message.
pub(super) fn of_start(draft: &mut Draft<'_>, waiting: Option<&Waiting>) -> Option<(Failure, String)> {
    let timeouts = timeouts(draft).cloned().unwrap_or_default();
    if let Some(waiting) = waiting
        && let Some(limit) = limit_of(waiting, &timeouts)
    {
        let since = waiting.since.or_else(|| told_since(draft, waiting)).unwrap_or(draft.now);
        match left(draft.now, since, limit) {
            Some(wait) if !waiting.is_hopeless => draft.look_in(wait),
            Some(_) | None => {
                let failure = waiting.failure.clone();
                let error = failure.message.clone();
                return Some((failure, error));
            }
        }
    }
    let limit = timeouts.start_seconds?;
    let since = submitted_at(draft)?;
    if let Some(wait) = left(draft.now, since, seconds(limit)) {
        draft.look_in(wait);
        return None;
    }
    let reason = waiting.map(|waiting| format!(": {}", waiting.failure.message)).unwrap_or_default();
    let message = format!("the driver did not start within spec.timeouts.startSeconds ({limit} s){reason}");
    Some((Failure::new(FailureCause::DeadlineExceeded, &message), message))
}

/// Why a driver that runs is ended now, and the error message.
pub(super) fn of_run(draft: &mut Draft<'_>, driver: &PodView) -> Option<(Failure, String)> {
    let limit = timeouts(draft)?.run_seconds?;
    let started = driver.running_since().or_else(|| driver.status.start_time.as_ref().map(|time| time.0));
    let since = started.or_else(|| submitted_at(draft))?;
    if let Some(wait) = left(draft.now, since, seconds(limit)) {
        draft.look_in(wait);
        return None;
    }
    let message = format!("the driver ran longer than spec.timeouts.runSeconds ({limit} s) and was ended");
    Some((Failure::new(FailureCause::DeadlineExceeded, &message), message))
}

/// How long this may be waited for; absent: for ever, as an autoscaler may bring a node.
fn limit_of(waiting: &Waiting, timeouts: &Timeouts) -> Option<Duration> {
    if waiting.failure.cause == FailureCause::Unschedulable {
        return timeouts.unschedulable_seconds.map(seconds);
    }
    Some(seconds(timeouts.image_pull_seconds.unwrap_or(IMAGE_PULL)))
}

/// Since when the status says that the driver waits for this.
fn told_since(draft: &Draft<'_>, waiting: &Waiting) -> Option<jiff::Timestamp> {
    let progressing = conditions::find(&draft.status, conditions::PROGRESSING)?;
    (progressing.reason == waiting.failure.cause.as_str()).then_some(progressing.last_transition_time.0)
}

fn submitted_at(draft: &Draft<'_>) -> Option<jiff::Timestamp> {
    draft.status.last_submission_attempt_time.as_ref().map(|time| time.0)
}

fn timeouts<'a>(draft: &Draft<'a>) -> Option<&'a Timeouts> {
    draft.spec().timeouts.as_ref()
}
