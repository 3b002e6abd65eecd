//! What must hold at every moment of every run: one file per sentence.

mod abandoned;
mod bounded_requests;
mod clean_end;
mod forward_only;
mod let_go;
mod live_target;
mod look;
mod max_failures;
mod no_ghost_output;
mod one_commit;
mod one_result;
mod paired_events;
mod parents_first;
mod progress;
mod registered_first;
mod seen;
mod slots;
mod stage_attempts;
#[cfg(test)]
mod tests;

use std::fmt;

use hearth_scheduler::{Action, Event};
use hearth_types::Timestamp;

pub(crate) use stage_attempts::GIVEN_UP;

pub use look::Look;
pub use seen::{Seen, SeenEnd, SeenExecutor, SeenTask};

use crate::plan::Plan;

/// `Err` says what was seen instead.
pub type Check = Result<(), String>;

/// One sentence that must hold.
///
/// `seen` is what was known before the event or action that is shown.
pub trait Invariant: fmt::Debug {
    /// Its name: the name of its file.
    fn name(&self) -> &'static str;

    /// The sentence.
    fn sentence(&self) -> &'static str;

    /// The scheduler is about to be told this.
    fn on_event(&mut self, seen: &Seen, event: &Event) -> Check {
        let _ = (seen, event);
        Ok(())
    }

    /// The scheduler wants this.
    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let _ = (seen, action);
        Ok(())
    }

    /// The scheduler has said all that it wants for now; this is how it looks.
    fn on_settled(&mut self, seen: &Seen, look: &Look) -> Check {
        let _ = (seen, look);
        Ok(())
    }

    /// The run is over.
    fn on_rest(&mut self, seen: &Seen, look: &Look) -> Check {
        let _ = (seen, look);
        Ok(())
    }
}

/// A sentence that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's name.
    pub invariant: &'static str,
    /// Its sentence.
    pub sentence: &'static str,
    /// What was seen instead.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.invariant, self.sentence, self.detail)
    }
}

/// All of them.
#[derive(Debug)]
pub struct Invariants<'p> {
    seen: Seen,
    all: Vec<Box<dyn Invariant + 'p>>,
}

impl<'p> Invariants<'p> {
    /// Those that hold for a plan.
    pub fn new(plan: &'p Plan) -> Self {
        let all: Vec<Box<dyn Invariant + 'p>> = vec![
            Box::new(progress::Progress::new(plan)),
            Box::new(slots::RunsAtMostSlots::new(plan)),
            Box::new(live_target::LaunchesOnLive),
            Box::new(abandoned::OnlySilentAreAbandoned::new(plan)),
            Box::new(parents_first::ParentsComeFirst::new(plan)),
            Box::new(one_commit::OneMayCommit::default()),
            Box::new(no_ghost_output::NoGhostOutput::new(plan)),
            Box::new(max_failures::FailuresAreCounted::new(plan)),
            Box::new(stage_attempts::StageAttemptsAreCounted::new(plan)),
            Box::new(one_result::OneResult::new(plan)),
            Box::new(forward_only::ForwardOnly::default()),
            Box::new(bounded_requests::BoundedRequests::new(plan)),
            Box::new(clean_end::CleanEnd),
            Box::new(let_go::LetsGo::new(plan)),
            Box::new(paired_events::EventsArePaired::default()),
            Box::new(registered_first::RegisteredComeFirst::new(plan)),
        ];
        Self { seen: Seen::default(), all }
    }

    /// Name and sentence of each.
    pub fn list(&self) -> Vec<(&'static str, &'static str)> {
        self.all.iter().map(|invariant| (invariant.name(), invariant.sentence())).collect()
    }

    /// What is known.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The scheduler is about to be told this.
    pub fn on_event(&mut self, now: Timestamp, event: &Event) -> Result<(), Violation> {
        self.seen.now = now;
        self.each(|invariant, seen| invariant.on_event(seen, event))?;
        self.seen.on_event(now, event);
        Ok(())
    }

    /// The scheduler wants this.
    pub fn on_action(&mut self, action: &Action) -> Result<(), Violation> {
        self.each(|invariant, seen| invariant.on_action(seen, action))?;
        self.seen.on_action(action);
        Ok(())
    }

    /// The scheduler has said all that it wants for now.
    pub fn on_settled(&mut self, look: &Look) -> Result<(), Violation> {
        self.each(|invariant, seen| invariant.on_settled(seen, look))
    }

    /// The run is over.
    pub fn on_rest(&mut self, look: &Look) -> Result<(), Violation> {
        self.each(|invariant, seen| invariant.on_rest(seen, look))
    }

    fn each(&mut self, mut check: impl FnMut(&mut dyn Invariant, &Seen) -> Check) -> Result<(), Violation> {
        for invariant in &mut self.all {
            check(invariant.as_mut(), &self.seen).map_err(|detail| Violation {
                invariant: invariant.name(),
                sentence: invariant.sentence(),
                detail,
            })?;
        }
        Ok(())
    }
}

/// `Err` with the sentence unless the condition holds.
fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(otherwise()) }
}
