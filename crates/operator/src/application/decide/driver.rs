//! Whose the pod is that has the name of the application's driver.

use std::sync::Arc;

use super::draft::Draft;
use crate::application::submission::Submission;
use crate::names::SUBMISSION_ID_LABEL;
use crate::pod_view::PodView;

/// The pod with the driver's name.
#[derive(Clone, Debug)]
pub(super) enum Driver<'a> {
    /// There is none.
    Missing,
    /// This application is its controller.
    Ours(&'a Arc<PodView>),
    /// An application of this name that is gone was its controller, so Kubernetes is about to delete it.
    OfPredecessor(&'a Arc<PodView>),
    /// It is somebody else's.
    Foreign(&'a Arc<PodView>),
}

impl<'a> Driver<'a> {
    pub(super) fn of(draft: &Draft<'a>) -> Self {
        let Some(pod) = &draft.observed.driver else { return Self::Missing };
        match pod.controller() {
            Some(owner) if owner.uid == draft.uid() => Self::Ours(pod),
            Some(owner) if owner.kind == hearth_crd::KIND && owner.name == draft.name() => {
                Self::OfPredecessor(pod)
            }
            Some(_) | None => Self::Foreign(pod),
        }
    }

    /// The driver of the run that the status speaks of.
    pub(super) fn of_run(draft: &Draft<'a>) -> Option<&'a Arc<PodView>> {
        let Self::Ours(pod) = Self::of(draft) else { return None };
        is_of_run(draft, pod).then_some(pod)
    }

    /// The driver of that run, if it is gone and had ended before.
    pub(super) fn ended_of_run(draft: &Draft<'a>) -> Option<&'a Arc<PodView>> {
        let pod = draft.observed.ended_driver.as_ref()?;
        let is_ours = pod.controller().is_some_and(|owner| owner.uid == draft.uid());
        (is_ours && is_of_run(draft, pod)).then_some(pod)
    }
}

fn is_of_run(draft: &Draft<'_>, pod: &PodView) -> bool {
    let status = &draft.status;
    let is_of_submission = match &status.submission_id {
        Some(id) => pod.label(SUBMISSION_ID_LABEL).is_none_or(|label| label == id),
        None => true,
    };
    let epoch = status.driver_epoch.and_then(|epoch| u32::try_from(epoch).ok()).unwrap_or(1);
    is_of_submission && pod.driver_epoch() >= epoch
}

/// Whether a driver pod was made for this submission.
pub(super) fn is_of(pod: &PodView, submission: &Submission) -> bool {
    pod.label(SUBMISSION_ID_LABEL) == Some(submission.id.as_str())
        && pod.driver_epoch() == submission.driver_epoch
}
