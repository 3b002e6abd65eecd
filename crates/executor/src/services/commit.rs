//! Whether an attempt may commit its output. Spark: `OutputCommitCoordinator.canCommit`.

use hearth_rpc::message::FromExecutor;
use hearth_types::TaskAttempt;

use super::{ServiceError, Services};
use crate::cancel::CancelFlag;

impl Services {
    pub(crate) fn may_commit(&self, id: TaskAttempt, cancel: &CancelFlag) -> Result<bool, ServiceError> {
        let answer = self.wait(cancel, |state| match state.commits.get(&id) {
            Some(answer) => *answer,
            None => {
                state.commits.insert(id, None);
                self.ask(FromExecutor::CommitRequest(id));
                None
            }
        });
        self.state.lock().commits.remove(&id);
        answer
    }

    /// The driver's answer. Nobody waits for it when the attempt was told to stop meanwhile.
    pub(crate) fn on_commit_answer(&self, id: TaskAttempt, allowed: bool) {
        if let Some(answer) = self.state.lock().commits.get_mut(&id) {
            *answer = Some(allowed);
        }
        self.changed.notify_all();
    }
}
