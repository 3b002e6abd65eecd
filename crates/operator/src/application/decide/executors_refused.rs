//! Executors that the API server refuses to make, as their form or their account is wrong. They never ran, so they are no
//! failures of executors; a program would wait for them for ever.

use std::time::Duration;

use hearth_crd::FailureCause;

use super::draft::Draft;
use super::running::has_executors;
use super::time::left;
use crate::application::cause::Failure;
use crate::pool;

/// How long it is tried. Long enough for people to see the event, and to make what is missing.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why a run without executors is ended, and the error message. Quotas are no refusals for good: others give room.
pub(super) fn exceeded(draft: &mut Draft<'_>) -> Option<(Failure, String)> {
    let status = draft.observed.pool.as_ref()?.status.as_ref()?;
    let refused = FailureCause::Submission;
    let blocked = pool::blocked(status).filter(|blocked| blocked.reason == refused.as_str())?;
    if has_executors(draft) {
        return None;
    }
    if let Some(wait) = left(draft.now, blocked.last_transition_time.0, PATIENCE) {
        draft.look_in(wait);
        return None;
    }
    let message = format!(
        "there is no executor, and the API server has refused to make one for {} minutes: {}",
        PATIENCE.as_secs() / 60,
        blocked.message
    );
    Some((Failure::new(refused, &message), message))
}
