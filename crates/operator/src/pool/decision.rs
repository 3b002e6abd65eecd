//! What is to be done for a pool: values only.

use std::time::Duration;

use hearth_crd::ExecutorPoolStatus;
use hearth_types::pod::ExecutorReport;

use crate::application::decision::Note;

/// What to do now. The status is written first; if that fails, nothing else is done: a number that is not in the status
/// might be used twice. Then the events are published, then the pods are deleted, then made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolDecision {
    /// The status to write, if it is not as it was.
    pub status: Option<ExecutorPoolStatus>,
    /// The pods to delete, by name and uid.
    pub delete: Vec<(String, String)>,
    /// The numbers of the executors to make.
    pub create: Vec<u32>,
    /// The latest executors that ended, oldest first, at most twenty: what the annotation `hearth.dev/executors` of the
    /// driver's pod is to hold. Empty means that there is nothing to tell, and no annotation is needed.
    pub reports: Vec<ExecutorReport>,
    /// What to tell people.
    pub notes: Vec<Note>,
    /// When to look again if nothing happens.
    pub look_again: Option<Duration>,
}
