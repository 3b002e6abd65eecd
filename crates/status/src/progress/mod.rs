//! Progress of running stages on the terminal. Spark: `ConsoleProgressBar`.

mod console;
mod render;

use hearth_types::{StageId, Timestamp};

pub use console::ConsoleProgress;
pub use render::render_progress;

use crate::store::StageData;

/// What the bar shows of one running stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageProgress {
    /// Which.
    pub stage: StageId,
    /// When it was submitted.
    pub submission_time: Timestamp,
    /// Tasks in all.
    pub total: u32,
    /// Tasks done.
    pub completed: u32,
    /// Tasks running.
    pub active: u32,
}

impl StageProgress {
    pub(crate) fn of(data: &StageData) -> Self {
        Self {
            stage: data.info.stage,
            submission_time: data.info.submission_time.unwrap_or_default(),
            total: data.info.tasks,
            completed: data.completed_tasks,
            active: data.active_tasks,
        }
    }
}
