//! Logging to stderr, as text or as JSON.

use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use crate::args::{LogFormat, LogLevel};
use crate::error::Error;

/// Warnings and errors, save for those of the Kubernetes client, which commands tell in their own words.
const QUIET: &str = "warn,kube_client=off,kube_runtime=off";

/// Starts logging: at `level`, or as `RUST_LOG` says, or warnings and errors.
pub(crate) fn init(level: Option<LogLevel>, format: LogFormat) {
    let filter = match level {
        Some(level) => EnvFilter::new(level.as_str()),
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(QUIET)),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // With stderr gone there is nobody to complain to, and to try would panic.
    let lines = lines.log_internal_errors(false);
    match format {
        LogFormat::Text => lines.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

/// Tells the user why the command failed, whatever the level of logging is.
pub(crate) fn report(format: LogFormat, error: &Error) {
    let line = |sentence: String| match format {
        LogFormat::Text => format!("error: {sentence}\n"),
        LogFormat::Json => format!("{}\n", serde_json::json!({ "level": "ERROR", "message": sentence })),
    };
    let text: String = error.sentences().into_iter().map(line).collect();
    // With stderr gone there is nobody left to tell.
    std::io::stderr().write_all(text.as_bytes()).ok();
}
