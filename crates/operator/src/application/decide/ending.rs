//! What follows the end of a driver: the end of the application, or another run.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{AttemptOutcome, DriverInfo};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::draft::{Draft, Next};
use super::driver::Driver;
use super::policy::{self, Retry};
use super::time::{seconds, settling};
use super::{teardown, time_to_live};
use crate::application::cause::{End, Failure, Role, end_of};
use crate::application::history;
use crate::pod_view::PodView;

/// The reason of the event that an application ended well.
pub(super) const COMPLETED: &str = "SparkApplicationCompleted";

/// For how many seconds a driver may seem to run after the end of its application.
const PATIENCE: i64 = 10;

/// The driver ended well.
pub(super) fn succeed(draft: &mut Draft<'_>, driver: &PodView) -> Next {
    let end = end_time(draft, driver);
    history::record(&mut draft.status, end.0, AttemptOutcome::Succeeded, None);
    draft.status.termination_time = Some(end);
    draft.go_with(State::Succeeding, None);
    Next::Again
}

/// The run failed: the driver failed, was lost, or is to be ended.
pub(super) fn fail(draft: &mut Draft<'_>, driver: Option<&PodView>, failure: &Failure, error: &str) -> Next {
    let end = driver.map_or_else(|| draft.time(), |driver| end_time(draft, driver));
    history::record(&mut draft.status, end.0, AttemptOutcome::Failed, Some(failure));
    draft.status.termination_time = Some(end);
    draft.go_with(State::Failing, Some(error));
    match driver {
        Some(driver) => {
            draft.warn("SparkDriverFailed", format!("Driver {} failed: {}", driver.name(), failure.message))
        }
        None => draft.warn("SparkDriverNotFound", failure.message.clone()),
    }
    Next::Again
}

/// Ended well: over, or run again.
pub(super) fn on_succeeding(draft: &mut Draft<'_>) -> Next {
    if policy::after_success(draft.spec()) {
        let driver = draft.status.driver_info.pod_name.clone().unwrap_or_default();
        draft.note("SparkDriverCompleted", format!("Driver {driver} completed"));
        return run_again(draft, false);
    }
    let now = draft.time();
    draft.status.termination_time.get_or_insert(now);
    draft.go_with(State::Completed, None);
    release_executors(draft);
    teardown::delete_pod_group(draft);
    draft.note(COMPLETED, format!("SparkApplication {} completed", draft.name()));
    Next::Again
}

/// Failed: over, or run again after a while, in which nothing runs but the executors that the driver which follows a lost one is to
/// find.
pub(super) fn on_failing(draft: &mut Draft<'_>) -> Next {
    let is_loss = history::is_loss(&draft.status);
    match policy::after_failure(draft.now, draft.spec(), &draft.status) {
        Retry::Never => give_up(draft),
        Retry::After(wait) => {
            stop_driver(draft);
            if !is_loss {
                release_executors(draft);
            }
            draft.look_in(wait);
            Next::Done
        }
        Retry::Now => run_again(draft, is_loss),
    }
}

/// Nothing is tried any more.
pub(super) fn give_up(draft: &mut Draft<'_>) -> Next {
    let now = draft.time();
    draft.status.termination_time.get_or_insert(now);
    draft.go(State::Failed);
    stop_driver(draft);
    release_executors(draft);
    teardown::delete_pod_group(draft);
    draft.warn(
        "SparkApplicationFailed",
        format!("SparkApplication {} failed: {}", draft.name(), draft.error()),
    );
    Next::Again
}

/// Over. A driver that runs all the same, as somebody else wrote the status, would wait for ever for the executors, which are gone
/// with that status: it is ended too. So is what an operator left that was killed just after it wrote the status. Not at once, as
/// what is known of the pods may be older than the status.
pub(super) fn on_ended(draft: &mut Draft<'_>) -> Next {
    let next = time_to_live::on_ended(draft);
    let runs = |pod: &PodView| !pod.is_terminating() && end_of(pod, Role::Driver).is_none();
    let has_driver = matches!(Driver::of(draft), Driver::Ours(pod) if runs(pod));
    // The pool goes last.
    let has_executors = draft.observed.pool.is_some() && !keeps_executors(draft);
    if draft.has_moved || !(has_driver || has_executors) {
        return next;
    }
    let ended = draft.status.termination_time.as_ref();
    match ended.and_then(|ended| settling(draft.now, ended.0, seconds(PATIENCE))) {
        Some(wait) => draft.look_in(wait),
        None => {
            stop_driver(draft);
            release_executors(draft);
        }
    }
    next
}

/// Removes the last run and makes ready for the next. A driver that was lost leaves its executors to the next one.
fn run_again(draft: &mut Draft<'_>, is_loss: bool) -> Next {
    let status = &draft.status;
    let keeps_executors = is_loss
        && status.submission_id.is_some()
        && status.spark_application_id.is_some()
        && status.driver_epoch.is_some_and(|epoch| epoch > 0);
    teardown::delete_driver(draft);
    if !keeps_executors {
        teardown::delete_executors(draft);
        draft.status.driver_epoch = None;
        draft.status.executor_state = None;
    }
    draft.status.driver_info = DriverInfo::default();
    draft.status.termination_time = None;
    draft.go_with(State::PendingRerun, None);
    draft.warn("SparkApplicationPendingRerun", format!("SparkApplication {} is pending rerun", draft.name()));
    Next::Again
}

/// Ends a driver that still runs; one that ended stays for its log.
fn stop_driver(draft: &mut Draft<'_>) {
    if let Driver::Ours(pod) = Driver::of(draft)
        && end_of(pod, Role::Driver).is_none()
    {
        teardown::delete_driver(draft);
    }
}

/// Deletes the executors, unless the user wants to look at them; then the pool only ends those that run.
fn release_executors(draft: &mut Draft<'_>) {
    if !keeps_executors(draft) {
        teardown::delete_executors(draft);
    }
}

fn keeps_executors(draft: &Draft<'_>) -> bool {
    draft.spec().executor.delete_on_termination == Some(false)
}

/// When the driver ended; now if it does not say, or says something that cannot be.
fn end_time(draft: &Draft<'_>, driver: &PodView) -> Time {
    let now = draft.time();
    let finished: Option<Timestamp> = match end_of(driver, Role::Driver) {
        Some(End::Succeeded | End::Failed(_)) => {
            driver.terminated().and_then(|terminated| terminated.finished_at.as_ref()).map(|time| time.0)
        }
        None => None,
    };
    Time(finished.filter(|finished| *finished <= now.0 && finished.as_second() > 0).unwrap_or(now.0))
}
