//! `spec.suspend`: queueing systems such as Kueue keep an application from running with it, and let it go.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{AttemptOutcome, DriverInfo};

use super::draft::{Draft, Next};
use super::driver::Driver;
use super::policy::{self, Retry};
use super::{invalidate, submission, teardown, unsupported};
use crate::application::cause::{Role, end_of};
use crate::application::digest::is_outdated;
use crate::application::history;

/// Begins a suspension, if `spec.suspend` is true and there is something to suspend.
/// A run that ended is dealt with first: it is not suspended but over.
pub(super) fn on_wish(draft: &mut Draft<'_>) -> Option<Next> {
    if !draft.is_suspend_wanted() {
        return None;
    }
    let (now, spec, status) = (draft.now, draft.spec(), &draft.status);
    match draft.state() {
        State::New => {
            let is_nothing_there =
                matches!(Driver::of(draft), Driver::Missing) && !teardown::are_executors_left(draft);
            if is_nothing_there {
                return Some(rest(draft));
            }
        }
        State::Submitted | State::Running | State::Unknown => {
            if Driver::of_run(draft).is_some_and(|driver| end_of(driver, Role::Driver).is_some()) {
                return None;
            }
            let now = draft.time();
            history::record(&mut draft.status, now.0, AttemptOutcome::Suspended, None);
        }
        State::Succeeding if !policy::after_success(spec) => return None,
        State::Failing if policy::after_failure(now, spec, status) == Retry::Never => return None,
        State::SubmissionFailed
            if unsupported::is_at_rest(status)
                || policy::after_submission_failure(now, spec, status) == Retry::Never =>
        {
            return None;
        }
        State::Succeeding
        | State::Failing
        | State::SubmissionFailed
        | State::PendingRerun
        | State::Invalidating
        | State::Resuming => {}
        State::Suspending | State::Suspended | State::Completed | State::Failed => return None,
    }
    draft.services_gone = false;
    draft.go_with(State::Suspending, None);
    draft.note("SparkApplicationSuspending", format!("SparkApplication {} is suspending", draft.name()));
    Some(Next::Again)
}

/// Waits until the pods are gone.
pub(super) fn on_suspending(draft: &mut Draft<'_>) -> Next {
    if teardown::tear_down(draft) {
        teardown::delete_pod_group(draft);
        return rest(draft);
    }
    draft.look_in(super::time::seconds(10));
    Next::Done
}

/// Waits for `spec.suspend` to become false. If the spec changed as well, the counters begin anew.
pub(super) fn on_suspended(draft: &mut Draft<'_>) -> Next {
    if draft.is_suspend_wanted() {
        return Next::Done;
    }
    draft.note("SparkApplicationResuming", format!("SparkApplication {} is resuming", draft.name()));
    if is_outdated(draft.status.spec_digest.as_deref(), &draft.digest) {
        return invalidate::begin(draft);
    }
    draft.go_with(State::Resuming, None);
    Next::Again
}

/// Submits again.
pub(super) fn on_resuming(draft: &mut Draft<'_>) -> Next {
    submission::submit(draft)
}

fn rest(draft: &mut Draft<'_>) -> Next {
    let status = &mut draft.status;
    status.driver_info = DriverInfo::default();
    status.executor_state = None;
    status.termination_time = None;
    status.driver_epoch = None;
    draft.go_with(State::Suspended, None);
    draft.note("SparkApplicationSuspended", format!("SparkApplication {} suspended", draft.name()));
    Next::Again
}
