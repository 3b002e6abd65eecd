//! What an application left that had this one's name and is gone: a new run begins once it is out of the way.

use std::time::Duration;

use hearth_crd::SparkApplication;
use jiff::Timestamp;

use super::draft::Draft;
use super::time::{seconds, settling};
use crate::application::decision::{Action, WAITING};
use crate::pod_view::PodView;

/// For how long nobody is told: it takes a moment until what was deleted is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until its driver is gone. That of a node which does not answer is deleted by force: nobody would ever say that it has ended.
pub(super) fn wait_for_driver(draft: &mut Draft<'_>, pod: &PodView) {
    if pod.is_given_up() {
        draft.act(Action::DeleteDriver { uid: pod.uid().to_owned(), force: true });
    }
    tell(draft, pod);
}

/// Tells that a pod is in the way, if it has been so for a while.
pub(super) fn tell(draft: &mut Draft<'_>, pod: &PodView) {
    if let Some(wait) = patience_left(draft.now, draft.application) {
        draft.look_in(wait.min(seconds(1)));
        return;
    }
    let node = pod.spec.node_name.as_deref().map(|node| format!(" on node {node}")).unwrap_or_default();
    draft.warn(
        WAITING,
        format!("waiting until pod {}{node} of an earlier application or submission is gone", pod.name()),
    );
    draft.look_in(seconds(10));
}

/// What is left of the time in which nobody is told. It begins with the application, or with what ended its last run.
pub(crate) fn patience_left(now: Timestamp, application: &SparkApplication) -> Option<Duration> {
    let conditions = application.status.as_ref().and_then(|status| status.conditions.as_ref());
    let began =
        conditions.into_iter().flatten().find(|one| one.type_ == "Progressing" && one.status == "True");
    let began = began.map(|condition| &condition.last_transition_time);
    let since = began.or(application.metadata.creation_timestamp.as_ref())?;
    settling(now, since.0, PATIENCE)
}
