//! Programs that this operator does not run yet. What runs them will be built here: Spark's own driver pod, made without
//! spark-submit, whose driver makes its executors.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{ApplicationType, FailureCause, SparkApplicationStatus};

use super::draft::{Draft, Next};
use super::submission;
use crate::application::cause::Failure;
use crate::application::history;

/// Gives up an application whose program cannot be run, before anything is made for it.
pub(super) fn on_unsupported(draft: &mut Draft<'_>) -> Option<Next> {
    let problem = problem_of(draft.spec().application_type)?;
    let is_to_be_submitted = match draft.state() {
        State::New | State::PendingRerun | State::Resuming => !draft.is_suspend_wanted(),
        State::Submitted
        | State::Running
        | State::Succeeding
        | State::Completed
        | State::Failing
        | State::Failed
        | State::SubmissionFailed
        | State::Invalidating
        | State::Suspending
        | State::Suspended
        | State::Unknown => false,
    };
    if !is_to_be_submitted {
        return None;
    }
    submission::give_up(draft, &Failure::new(FailureCause::Unsupported, problem));
    Some(Next::Done)
}

/// Whether an application stays `SUBMISSION_FAILED`, as no retry can help and nothing ever ran: only an edit of its spec, or its
/// time to live, moves it.
pub(super) fn is_at_rest(status: &SparkApplicationStatus) -> bool {
    let state = status.application_state.as_ref().map(|state| state.state);
    state == Some(State::SubmissionFailed) && history::last_cause(status) == Some(FailureCause::Unsupported)
}

fn problem_of(application_type: ApplicationType) -> Option<String> {
    let name = application_type.as_str();
    match application_type {
        ApplicationType::Rust => None,
        ApplicationType::Python | ApplicationType::Sql => Some(format!(
            "type {name} is not supported yet; use Rust, for a program that links the hearth crate"
        )),
        ApplicationType::Java | ApplicationType::Scala | ApplicationType::R => Some(format!(
            "type {name} is not supported yet: it needs Apache Spark in the image, which this operator does not start yet; \
             use Rust, for a program that links the hearth crate"
        )),
    }
}
