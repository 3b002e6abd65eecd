//! Manifests that cannot be run. Kubeflow's operator refuses them with a webhook; here they are accepted and say what is wrong.

use hearth_crd::ApplicationStateType as State;
use hearth_crd::{FailureCause, FieldError, SparkApplication};

use super::draft::{Draft, Next};
use super::{ending, submission};
use crate::application::cause::Failure;
use crate::application::digest::{digest_of, is_outdated};

/// Why no executor can be made for a run: its spec was edited into one that cannot be run, and the one that it was made from is
/// known to nobody any more. An executor of the new one might not fit the driver, as with another image.
pub fn why_not_extended(application: &SparkApplication, problems: &[FieldError]) -> Option<String> {
    let recorded = application.status.as_ref()?.spec_digest.as_deref();
    // Edits that take effect in place shape no pod.
    if problems.is_empty() || !is_outdated(recorded, &digest_of(&application.spec)) {
        return None;
    }
    Some(format!("the spec was edited, and cannot be run as it is: {}", all(problems)))
}

fn all(problems: &[FieldError]) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("; ")
}

/// Fails an application that would have to be submitted with a manifest that is wrong.
/// What runs already runs on, with the executors that it has.
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
    submission::give_up(draft, &Failure::new(FailureCause::InvalidSpec, all(draft.problems)));
    Some(ending::give_up(draft))
}

/// Says once that an edit was not taken.
fn tell(draft: &mut Draft<'_>) -> Option<Next> {
    let is_over = matches!(draft.state(), State::Completed | State::Failed);
    if !draft.has_moved && draft.status.observed_generation != draft.application.metadata.generation {
        let rest = if is_over {
            ""
        } else if is_outdated(draft.status.spec_digest.as_deref(), &draft.digest) {
            "; what runs goes on, but no executor is made until it is corrected"
        } else {
            ", and the old one stays in force"
        };
        draft.warn(
            "SparkApplicationSpecUpdateFailed",
            format!("the new spec cannot be run{rest}: {}", all(draft.problems)),
        );
        // The loop comes by here more than once; `finish` writes the same.
        draft.status.observed_generation = draft.application.metadata.generation;
    }
    None
}
