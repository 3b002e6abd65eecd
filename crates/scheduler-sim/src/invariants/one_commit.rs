//! At most one attempt per partition may commit at a time, and none after one has succeeded, also across stage attempts.
//!
//! The permission passes on only when its holder is known to have failed or to be lost.

use std::collections::BTreeMap;

use hearth_scheduler::{Action, Event};
use hearth_types::{StageId, TaskAttempt};

use super::{Check, Invariant, Look, Seen, SeenEnd, require};

/// Follows permissions.
#[derive(Debug, Default)]
pub(super) struct OneMayCommit {
    holders: BTreeMap<(StageId, u32), TaskAttempt>,
    asked: Option<TaskAttempt>,
}

impl Invariant for OneMayCommit {
    fn name(&self) -> &'static str {
        "one_commit"
    }

    fn sentence(&self) -> &'static str {
        "at most one attempt per partition is allowed to commit, also across stage attempts"
    }

    fn on_event(&mut self, _: &Seen, event: &Event) -> Check {
        if let Event::CommitRequested { id, .. } = event {
            self.asked = Some(*id);
        }
        Ok(())
    }

    fn on_action(&mut self, seen: &Seen, action: &Action) -> Check {
        let Action::AnswerCommit { id, allowed, .. } = action else { return Ok(()) };
        require(self.asked.take() == Some(*id), || format!("{id} is answered, which did not ask"))?;
        if !*allowed {
            return Ok(());
        }
        require(seen.is_open(id.task), || format!("{id} may commit, whose end is known"))?;
        if let Some(holder) = self.holders.insert((id.stage, id.partition), *id)
            && holder != *id
        {
            match seen.tasks.get(&holder.task).and_then(|task| task.end) {
                None | Some(SeenEnd::Stored) => {
                    return Err(format!("{id} may commit while {holder} may, too"));
                }
                Some(SeenEnd::Succeeded) => return Err(format!("{id} may commit after {holder} has")),
                Some(SeenEnd::Failed | SeenEnd::Lost) => {}
            }
        }
        Ok(())
    }

    fn on_settled(&mut self, _: &Seen, _: &Look) -> Check {
        match self.asked.take() {
            Some(id) => Err(format!("{id} has asked and got no answer")),
            None => Ok(()),
        }
    }
}
