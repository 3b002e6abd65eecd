//! Edits of the spec that need a restart: the run under the old spec is ended, and the application begins anew.
//!
//! Kubeflow's operator notices an edit when it hears of it; here the status keeps the digest of the spec that it is about.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{AttemptOutcome, DriverInfo, FailureCause};

use super::draft::{Draft, Next};
use super::teardown;
use crate::application::digest::is_outdated;
use crate::application::history;

/// Begins anew if the spec is another than that of the status.
pub(super) fn on_change(draft: &mut Draft<'_>) -> Option<Next> {
    if !draft.problems.is_empty() {
        return None;
    }
    let is_changed = is_outdated(draft.status.spec_digest.as_deref(), &draft.digest) || is_repaired(draft);
    let applies = match draft.state() {
        // Nothing was made from the old spec, or it is being removed already.
        State::New | State::Invalidating | State::Suspending | State::Suspended => false,
        State::Completed | State::Failed => true,
        // What is to be suspended is torn down for that, and begins anew when it is let go.
        State::Submitted
        | State::Running
        | State::Succeeding
        | State::Failing
        | State::SubmissionFailed
        | State::PendingRerun
        | State::Resuming
        | State::Unknown => !draft.is_suspend_wanted(),
    };
    (is_changed && applies).then(|| begin(draft))
}

/// Ends the run under the old spec.
pub(super) fn begin(draft: &mut Draft<'_>) -> Next {
    if matches!(draft.state(), State::Submitted | State::Running | State::Unknown) {
        let now = draft.time();
        history::record(&mut draft.status, now.0, AttemptOutcome::Invalidated, None);
    }
    // What is suspended has none already.
    draft.services_gone = draft.state() == State::Suspended;
    draft.go_with(State::Invalidating, None);
    draft.note(
        "SparkApplicationInvalidating",
        format!("the spec of SparkApplication {} changed; it is run again under the new one", draft.name()),
    );
    Next::Again
}

/// Waits until nothing of the old run is left.
pub(super) fn on_invalidating(draft: &mut Draft<'_>) -> Next {
    if !teardown::tear_down(draft) {
        draft.look_in(super::time::seconds(10));
        return Next::Done;
    }
    let status = &mut draft.status;
    status.execution_attempts = Some(0);
    status.submission_attempts = Some(0);
    status.driver_epoch = None;
    status.driver_info = DriverInfo::default();
    status.executor_state = None;
    status.submission_id = None;
    status.spark_application_id = None;
    status.last_submission_attempt_time = None;
    status.termination_time = None;
    status.spec_digest = Some(draft.digest.clone());
    draft.go_with(State::PendingRerun, None);
    Next::Again
}

/// Whether an application that failed because its manifest was wrong has a right one now. Also fields that take effect in place
/// can have been the wrong ones.
fn is_repaired(draft: &Draft<'_>) -> bool {
    draft.state() == State::Failed
        && history::last_cause(&draft.status) == Some(FailureCause::InvalidSpec)
        && draft.status.observed_generation != draft.application.metadata.generation
}
