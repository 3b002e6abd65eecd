//! The states `SUBMITTED`, `RUNNING` and `UNKNOWN`: what the driver's pod says.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::FailureCause;

use super::draft::{Draft, Next};
use super::driver::Driver;
use super::time::{seconds, settling};
use super::{deadlines, ending, executor_budget, executors_refused, scale_in_place};
use crate::application::cause::{End, Failure, Role, end_of, loss_of, pod_gone, waiting_for};
use crate::application::mounts;
use crate::pod_view::{Phase, PodView};

/// The reason of the event that a driver runs.
pub(super) const DRIVER_RUNNING: &str = "SparkDriverRunning";

/// What becomes of a run.
pub(super) fn on_run(draft: &mut Draft<'_>) -> Next {
    let Some(driver) = Driver::of_run(draft) else { return on_missing(draft) };
    let driver: &PodView = driver;
    if let Some(next) = on_end(draft, driver) {
        return next;
    }
    if let Some(loss) = lost_with_its_node(draft, driver) {
        return ending::fail(draft, Some(driver), &loss, &error_of(&loss));
    }
    match driver.phase() {
        Phase::Running => on_running(draft, driver),
        Phase::Unknown => on_unknown(draft, driver),
        // A phase of an ended pod was dealt with above.
        Phase::Pending | Phase::Succeeded | Phase::Failed => on_pending(draft, driver),
    }
}

/// What follows from the end of the driver, if it has ended.
fn on_end(draft: &mut Draft<'_>, driver: &PodView) -> Option<Next> {
    Some(match end_of(driver, Role::Driver)? {
        End::Succeeded => ending::succeed(draft, driver),
        End::Failed(failure) => ending::fail(draft, Some(driver), &failure, &error_of(&failure)),
    })
}

fn on_running(draft: &mut Draft<'_>, driver: &PodView) -> Next {
    if draft.state() != State::Running {
        let message = is_running(draft, driver);
        draft.go_with(State::Running, None);
        draft.note(DRIVER_RUNNING, message);
    }
    if let Some((failure, error)) = deadlines::of_run(draft, driver)
        .or_else(|| executor_budget::exceeded(draft))
        .or_else(|| executors_refused::exceeded(draft))
        .or_else(|| without_pool(draft))
    {
        return ending::fail(draft, Some(driver), &failure, &error);
    }
    scale_in_place::follow(draft);
    Next::Done
}

/// That the driver runs, and when that was submitted, so that one event tells both.
fn is_running(draft: &Draft<'_>, driver: &PodView) -> String {
    let runs = format!("Driver {} is running", driver.name());
    let submitted =
        draft.status.last_submission_attempt_time.as_ref().filter(|_| draft.state() == State::Submitted);
    match submitted.map(|submitted| draft.time().0.duration_since(submitted.0).as_secs()) {
        Some(seconds @ 0..) => {
            format!("{runs}, {seconds} s after SparkApplication {} was submitted successfully", draft.name())
        }
        // A clock jumped, or nobody knows.
        Some(_) | None => runs,
    }
}

/// Somebody deleted the pool. The executors that run go on; once none is left, the program would wait for one for ever.
/// A run that Kubeflow's operator began never had one.
fn without_pool(draft: &Draft<'_>) -> Option<(Failure, String)> {
    let observed = draft.observed;
    let is_ours = draft.status.driver_epoch.is_some();
    if !is_ours || observed.pool.is_some() || has_executors(draft) {
        return None;
    }
    let message = format!(
        "somebody deleted executorpool {}, which makes the executors, and none is left; spec.restartPolicy says whether the \
         application is run again",
        draft.name()
    );
    Some((Failure::new(FailureCause::ExecutorFailures, &message), message))
}

/// Whether there is an executor that has not ended.
pub(super) fn has_executors(draft: &Draft<'_>) -> bool {
    draft.observed.executors.iter().any(|pod| end_of(pod, Role::Executor).is_none())
}

fn on_pending(draft: &mut Draft<'_>, driver: &PodView) -> Next {
    if draft.state() == State::Unknown {
        draft.go_with(State::Submitted, None);
    }
    let missing = &draft.observed.missing;
    let waiting = waiting_for(driver, Role::Driver, missing);
    if let Some(wait) = mounts::look_again(draft.now, driver, missing) {
        draft.look_in(wait);
    }
    if let Some((failure, error)) = deadlines::of_start(draft, waiting.as_ref()) {
        return ending::fail(draft, Some(driver), &failure, &error);
    }
    draft.waiting = waiting.map(|waiting| waiting.failure);
    scale_in_place::follow(draft);
    Next::Done
}

fn on_unknown(draft: &mut Draft<'_>, driver: &PodView) -> Next {
    if draft.state() != State::Unknown {
        draft.go_with(State::Unknown, None);
        draft.warn("SparkDriverUnknown", format!("Driver {} in unknown state", driver.name()));
    }
    Next::Done
}

/// The pod of the run is not there. Just after a submission the cache may not know it yet.
fn on_missing(draft: &mut Draft<'_>) -> Next {
    if let Some(driver) = Driver::ended_of_run(draft)
        && let Some(next) = on_end(draft, driver)
    {
        return next;
    }
    if draft.state() == State::Submitted {
        let since = draft.status.last_submission_attempt_time.as_ref();
        let grace = draft.observed.limits.creation_grace;
        if let Some(wait) = since.and_then(|since| settling(draft.now, since.0, grace)) {
            draft.look_in(wait);
            return Next::Done;
        }
    }
    let failure = pod_gone(Role::Driver);
    let error = failure.message.clone();
    ending::fail(draft, None, &failure, &error)
}

/// Why the driver is lost although nobody saw it end; if it may still be asked to end, waits for that.
fn lost_with_its_node(draft: &mut Draft<'_>, driver: &PodView) -> Option<Failure> {
    let loss = loss_of(driver, Role::Driver);
    if loss.is_none() && driver.is_terminating() {
        draft.look_in(seconds(10));
    }
    loss
}

/// The error message: Kubeflow's words, which clients look for, and then what people need to know.
fn error_of(failure: &Failure) -> String {
    match failure.exit_code {
        Some(code) => {
            format!(
                "driver container failed with ExitCode: {code}, Reason: {}: {}",
                failure.reason, failure.message
            )
        }
        None => failure.message.clone(),
    }
}
