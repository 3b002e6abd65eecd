//! Executors that the API server refuses to make, as their form or their account is wrong. They never ran, so they are no
//! failures of executors; a program would wait for them for ever.

use hearth_crd::FailureCause;

use super::draft::Draft;
use super::running::has_executors;
use super::time::{left, seconds};
use crate::application::cause::Failure;
use crate::pool;

/// How long it is tried, where nothing is said: long enough for people to see the event, and to make what is missing.
const PATIENCE: i64 = 300;

/// Why a run without executors is ended, and the error message. Quotas are no refusals for good: others give room.
pub(super) fn exceeded(draft: &mut Draft<'_>) -> Option<(Failure, String)> {
    let status = draft.observed.pool.as_ref()?.status.as_ref()?;
    let refused = FailureCause::Submission;
    let blocked = pool::blocked(status).filter(|blocked| blocked.reason == refused.as_str())?;
    if has_executors(draft) {
        return None;
    }
    let timeouts = draft.spec().timeouts.as_ref();
    let limit = timeouts.and_then(|timeouts| timeouts.executors_refused_seconds).unwrap_or(PATIENCE);
    if let Some(wait) = left(draft.now, blocked.last_transition_time.0, seconds(limit)) {
        draft.look_in(wait);
        return None;
    }
    let message = format!(
        "there is no executor, and the API server has refused to make one for spec.timeouts.executorsRefusedSeconds ({limit} s): {}",
        blocked.message
    );
    Some((Failure::new(refused, &message), message))
}
