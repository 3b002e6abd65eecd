//! The one place where it is decided whether what an attempt says still matters.

use hearth_types::{ExecutorId, TaskAttempt};

use crate::dag::DagScheduler;
use crate::tasks::TaskScheduler;

/// What to make of an event about a task attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The attempt belongs to the active task set of its stage.
    Current,
    /// Its task set is over, but its stage is needed: a success counts if the partition is still missing and the
    /// executor's outputs were not given up since its launch; a failure changes nothing.
    LateButUseful,
    /// Nobody needs its stage any more, or its stage was rolled back since: it only frees its slot.
    Stale,
    /// It ended before, its executor is lost, or it never ran there: changes nothing.
    Unknown,
}

/// Judges an attempt that `executor` speaks of. Without `executor` the driver itself speaks.
pub(crate) fn judge(
    dag: &DagScheduler,
    tasks: &TaskScheduler,
    id: TaskAttempt,
    executor: Option<ExecutorId>,
) -> Judgement {
    // While the driver reads a result only the driver can end the attempt, and only then.
    let found = match executor {
        Some(executor) => tasks.running(executor, id).filter(|task| task.reading.is_none()),
        None => tasks.reading(id),
    };
    if found.is_none() {
        Judgement::Unknown
    } else if tasks.is_current(id) {
        Judgement::Current
    } else if dag.needs(id) {
        Judgement::LateButUseful
    } else {
        Judgement::Stale
    }
}
