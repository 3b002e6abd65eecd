//! What an application tells about itself: the live status store, listeners, the console's progress bar, the event log.
//!
//! Everything here is fed by `ListenerEvent`s and by nothing else, so a log that is read back gives the same answers.
#![warn(missing_docs)]

mod bus;
mod event_log;
mod listener;
mod progress;
mod store;
#[cfg(test)]
mod testing;
mod tracker;

pub use bus::{BusConf, ListenerBus, WhenFull};
pub use event_log::{EventLog, EventLogConf, EventLogError, JsonProtocol, SPARK_VERSION};
pub use listener::Listener;
pub use progress::{ConsoleProgress, StageProgress, render_progress};
pub use store::{
    ApplicationData, ExecutorData, JobData, JobStatus, Limits, RddBlock, RddData, StageData, StageStatus,
    StatusStore, TaskData,
};
pub use tracker::{ExecutorInfo, JobInfo, StageStatusInfo, StatusTracker};
