//! Manifests that cannot be run. Kubeflow's operator refuses them with a webhook; here they are accepted and say what is wrong.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::FailureCause;

use super::draft::{Draft, Next};
use super::{ending, submission};
use crate::application::cause::Failure;

/// Fails an application that would have to be submitted with a manifest that is wrong.
/// What runs already runs on: an edit that is wrong does no harm until it is corrected.
pub(super) fn on_problems(draft: &mut Draft<'_>) -> Option<Next> {
    if draft.problems.is_empty() {
        return None;
    }
    let is_to_be_submitted = match draft.state() {
        State::New | State::PendingRerun | State::Resuming | State::SubmissionFailed => true,
        State::Suspended => !draft.is_suspend_wanted(),
        State::Submitted
        | State::Running
        | State::Succeeding
        | State::Failing
        | State::Invalidating
        | State::Suspending
        | State::Unknown => false,
        State::Completed | State::Failed => return tell(draft),
    };
    if !is_to_be_submitted {
        return tell(draft);
    }
    let problems: Vec<String> = draft.problems.iter().map(ToString::to_string).collect();
    submission::give_up(draft, &Failure::new(FailureCause::InvalidSpec, problems.join("; ")));
    Some(ending::give_up(draft))
}

/// Says once that an edit was not taken.
fn tell(draft: &mut Draft<'_>) -> Option<Next> {
    if !draft.has_moved && draft.status.observed_generation != draft.application.metadata.generation {
        let problems: Vec<String> = draft.problems.iter().map(ToString::to_string).collect();
        let is_over = matches!(draft.state(), State::Completed | State::Failed);
        let rest = if is_over { "" } else { ", and the old one stays in force" };
        draft.warn(
            "SparkApplicationSpecUpdateFailed",
            format!("the new spec cannot be run{rest}: {}", problems.join("; ")),
        );
        // The loop comes by here more than once; `finish` writes the same.
        draft.status.observed_generation = draft.application.metadata.generation;
    }
    None
}
