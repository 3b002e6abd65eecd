//! Ends a run and removes what it left: before a suspension, and before a run under another spec.

use super::draft::Draft;
use super::driver::Driver;
use crate::application::decision::Action;

/// Deletes the driver's pod, the executors and what shows the driver to others; says whether all of it is gone.
/// Repeated while something is left, as any of it may have been made since.
pub(super) fn tear_down(draft: &mut Draft<'_>) -> bool {
    delete_driver(draft);
    delete_executors(draft);
    if !draft.services_gone {
        draft.act(Action::DeleteServices);
    }
    is_driver_gone(draft) && !are_executors_left(draft) && draft.services_gone
}

/// Deletes the driver's pod if it is ours and nobody has done so yet; a pod of a node that is gone is deleted by force.
pub(super) fn delete_driver(draft: &mut Draft<'_>) {
    let Driver::Ours(pod) = Driver::of(draft) else { return };
    let force = pod.is_given_up();
    if !pod.is_terminating() || force {
        let uid = pod.uid().to_owned();
        draft.act(Action::DeleteDriver { uid, force });
    }
}

/// Deletes the executors and their pool, unless all of it is going already.
pub(super) fn delete_executors(draft: &mut Draft<'_>) {
    let observed = draft.observed;
    let is_going = match &observed.pool {
        Some(pool) => pool.metadata.deletion_timestamp.is_some(),
        None => observed.executors.iter().all(|pod| pod.is_terminating()),
    };
    if !is_going && are_executors_left(draft) {
        draft.act(Action::DeleteExecutors);
    }
}

/// Deletes the group by which a batch scheduler knows the pods: once they have ended, it would only hold its place in a queue.
pub(super) fn delete_pod_group(draft: &mut Draft<'_>) {
    if draft.observed.has_pod_group {
        draft.act(Action::DeletePodGroup);
    }
}

/// Whether no driver of ours is left.
pub(super) fn is_driver_gone(draft: &Draft<'_>) -> bool {
    !matches!(Driver::of(draft), Driver::Ours(_))
}

/// Whether there is a pool or an executor. One that was given up with its node does not count: nobody can wait for it.
pub(super) fn are_executors_left(draft: &Draft<'_>) -> bool {
    let observed = draft.observed;
    let is_left = |pod: &crate::pod_view::PodView| !pod.is_given_up();
    observed.pool.is_some() || observed.executors.iter().any(|pod| is_left(pod))
}
