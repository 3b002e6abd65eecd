//! When no job is active, nothing of a job remains.

use super::{Check, Invariant, Look, Seen, require};

/// Looks at the scheduler's state.
#[derive(Debug)]
pub(super) struct CleanEnd;

impl Invariant for CleanEnd {
    fn name(&self) -> &'static str {
        "clean_end"
    }

    fn sentence(&self) -> &'static str {
        "when no job is active, nothing of a job remains"
    }

    fn on_settled(&mut self, seen: &Seen, look: &Look) -> Check {
        require(!seen.active_jobs.is_empty() || look.is_empty, || {
            "no job is active and something remains".to_owned()
        })
    }

    fn on_rest(&mut self, _: &Seen, look: &Look) -> Check {
        require(look.is_empty, || "the run is over and something remains".to_owned())?;
        let Look { running, outputs, .. } = look;
        require(*running == 0, || format!("the run is over and {running} attempts count as running"))?;
        require(outputs.is_empty(), || {
            format!("the program has let go of all, and these remain: {outputs:?}")
        })
    }
}
