//! Deletes an application some time after its end.

use super::draft::{Draft, Next};
use super::time::{left, seconds};
use crate::application::decision::Action;

/// The application is over: it goes when `timeToLiveSeconds` have passed since its end; at once if they are 0 or less.
pub(super) fn on_ended(draft: &mut Draft<'_>) -> Next {
    // Somebody else's status may not say when.
    let now = draft.time();
    let ended = draft.status.termination_time.get_or_insert(now).0;
    let by_spec = draft.spec().time_to_live_seconds.map(seconds);
    let Some(limit) = by_spec.or(draft.observed.limits.default_time_to_live) else { return Next::Done };
    match left(draft.now, ended, limit) {
        Some(wait) => draft.look_in(wait),
        // What ended just now is to be seen once.
        None if draft.has_moved => {}
        None => draft.act(Action::DeleteApplication),
    }
    Next::Done
}
