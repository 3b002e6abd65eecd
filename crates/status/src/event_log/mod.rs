//! The event log that Spark's History Server reads. Spark: `EventLoggingListener`.

mod files;
mod json;

use std::path::PathBuf;

use hearth_types::ListenerEvent;

use self::files::LogFiles;
pub use self::json::{JsonProtocol, SPARK_VERSION};
use crate::listener::Listener;

/// Settings of the event log, as far as it is on (`spark.eventLog.enabled`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLogConf {
    /// `spark.eventLog.dir`: a directory that exists.
    pub directory: PathBuf,
    /// `spark.eventLog.compress`, with zstd.
    pub compress: bool,
    /// `spark.eventLog.rolling.maxFileSize` when `spark.eventLog.rolling.enabled`.
    pub rolling: Option<u64>,
    /// `spark.eventLog.overwrite`.
    pub overwrite: bool,
    /// `spark.eventLog.logBlockUpdates.enabled`.
    pub block_updates: bool,
    /// `spark.eventLog.buffer.kb`, in bytes.
    pub buffer: usize,
}

/// Spark's defaults, but for the directory.
impl EventLogConf {
    /// A log below `directory`.
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            compress: true,
            rolling: Some(128 << 20),
            overwrite: false,
            block_updates: false,
            buffer: 100 << 10,
        }
    }
}

/// Why there is no event log.
#[derive(Debug, thiserror::Error)]
pub enum EventLogError {
    /// `spark.eventLog.dir` is not there.
    #[error(
        "spark.eventLog.dir: log directory {0:?} does not exist; create it, or set spark.eventLog.enabled=false"
    )]
    NoDirectory(PathBuf),
    /// Another application wrote it.
    #[error("event log {0:?} already exists; set spark.eventLog.overwrite=true to replace it")]
    Exists(PathBuf),
    /// The file system refuses.
    #[error("write event log {path:?}")]
    Io {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes every event as one line. Give it to the bus under a queue of its own.
///
/// The first error is logged and ends the log; the application goes on.
/// The log is finished by `ApplicationEnd`; dropped before, it stays marked as in progress, as after a crash.
#[derive(Debug)]
pub struct EventLog {
    conf: EventLogConf,
    protocol: JsonProtocol,
    files: Option<LogFiles>,
    line: Vec<u8>,
}

impl EventLog {
    /// Creates the log's files and writes the first line.
    pub fn create(conf: EventLogConf, application_id: &str) -> Result<Self, EventLogError> {
        let files = LogFiles::create(&conf, application_id)?;
        let mut log = Self { conf, protocol: JsonProtocol::default(), files: Some(files), line: Vec::new() };
        JsonProtocol::log_start(&mut log.line);
        log.write_line(true);
        Ok(log)
    }

    /// Writes `self.line` and ends the log at the first error.
    fn write_line(&mut self, flush: bool) {
        let Some(files) = &mut self.files else { return };
        let written = files.write_line(&self.line).and_then(|()| if flush { files.flush() } else { Ok(()) });
        if let Err(error) = written {
            tracing::error!(%error, path = ?files.path(), "the event log ends here: it cannot be written");
            self.files = None;
        }
    }
}

impl Listener for EventLog {
    fn on_event(&mut self, event: &ListenerEvent) {
        if self.files.is_none()
            || (!self.conf.block_updates && matches!(event, ListenerEvent::BlockUpdated { .. }))
        {
            return;
        }
        self.line.clear();
        if let Err(error) = self.protocol.write(event, &mut self.line) {
            tracing::error!(%error, "an event is missing from the event log: it has no JSON form");
            return;
        }
        // As Spark: what comes in masses waits in the buffer, everything else is seen at once.
        let waits = matches!(
            event,
            ListenerEvent::TaskStart { .. }
                | ListenerEvent::TaskEnd { .. }
                | ListenerEvent::TaskGettingResult { .. }
                | ListenerEvent::ExecutorMetricsUpdate { .. }
        );
        self.write_line(!waits);
        if matches!(event, ListenerEvent::ApplicationEnd { .. })
            && let Some(files) = self.files.take()
            && let Err(error) = files.finish()
        {
            tracing::error!(%error, "the event log cannot be finished");
        }
    }
}

#[cfg(test)]
mod tests;
