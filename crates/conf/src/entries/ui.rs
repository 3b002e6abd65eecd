//! What is shown and recorded about the application.

use super::rules::{any, from};
use crate::entry::spark_conf;

spark_conf! {
    /// Whether a progress bar of the running stages is drawn on the terminal.
    pub UI_SHOW_CONSOLE_PROGRESS: bool = "spark.ui.showConsoleProgress", any(), default "false", since "0.1";

    /// How many finished jobs the status store keeps.
    pub UI_RETAINED_JOBS: u32 = "spark.ui.retainedJobs", from(1), default "1000", since "0.1";

    /// How many finished stages the status store keeps.
    pub UI_RETAINED_STAGES: u32 = "spark.ui.retainedStages", from(1), default "1000", since "0.1";

    /// How many tasks the status store keeps, those of all stages together.
    pub UI_RETAINED_TASKS: u32 = "spark.ui.retainedTasks", from(1), default "100000", since "0.1";

    /// Whether everything that happens is written to an event log in Spark's format.
    pub EVENT_LOG_ENABLED: bool = "spark.eventLog.enabled", any(), default "false", since "0.1";

    /// Folder of event logs; it must exist.
    pub EVENT_LOG_DIR: String = "spark.eventLog.dir", any(), default "/tmp/spark-events", since "0.1";

    /// Whether an event log is a folder of files of bounded size instead of one file.
    pub EVENT_LOG_ROLLING_ENABLED: bool = "spark.eventLog.rolling.enabled", any(), default "true", since "0.1";

    /// Whether event logs are compressed (zstd).
    pub EVENT_LOG_COMPRESS: bool = "spark.eventLog.compress", any(), default "true", since "0.1";
}
