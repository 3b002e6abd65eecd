//! Logs of a driver or an executor process: to standard error, as the launcher says.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt};

/// Which messages are logged, in the syntax of `RUST_LOG`.
const LEVEL: &str = "HEARTH_LOG_LEVEL";
/// The same where no launcher says anything.
const RUST_LOG: &str = "RUST_LOG";
/// `text` or `json`.
const FORMAT: &str = "HEARTH_LOG_FORMAT";

/// Begins to log to standard error, as `HEARTH_LOG_LEVEL` and `HEARTH_LOG_FORMAT` say, unless the program has begun already.
pub fn init() {
    let said = [LEVEL, RUST_LOG].map(|name| std::env::var(name).unwrap_or_default());
    let level = said.iter().find(|level| !level.is_empty());
    let filter = level.and_then(|level| EnvFilter::try_new(level).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new("warn"));
    let format = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A line that cannot be written is lost. Complaining about that on standard error too would panic, on any thread of ours.
    let format = format.log_internal_errors(false);
    let started = match std::env::var(FORMAT).as_deref() {
        Ok("json") => format.json().try_init(),
        _ => format.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    // An error says that the program has a logger of its own.
    drop(started);
}
