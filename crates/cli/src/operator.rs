//! `hearth operator`: the operator, as its deployment starts it. Kubeflow: `spark-operator controller start`.

mod args;
mod values;

use std::process::ExitCode;

use crate::args::LogLevel;
use crate::error::Error;
use crate::signals::Signals;

pub(crate) use self::args::{HELP, LONG_ABOUT, OperatorArgs};

/// What is logged unless somebody says otherwise: a service that says nothing cannot be watched.
pub(crate) fn log_level(given: Option<LogLevel>) -> Option<LogLevel> {
    let has_filter = std::env::var_os("RUST_LOG").is_some_and(|filter| !filter.is_empty());
    given.or_else(|| (!has_filter).then_some(LogLevel::Info))
}

/// Runs the operator until SIGTERM or Ctrl-C.
pub(crate) fn operator(args: &OperatorArgs) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Signals { source })?;
    let settings = args.settings()?;
    let instance = values::instance();
    runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let shutdown = hearth_operator::run::Shutdown::default();
        let stop = shutdown.clone();
        tokio::spawn(async move {
            let signal = signals.next().await;
            tracing::info!(signal, "ending");
            stop.cancel();
        });
        let outcome = hearth_operator::run::run(settings, &instance, shutdown).await;
        outcome.map_err(|source| Error::Operator { source: Box::new(source) })
    })?;
    Ok(ExitCode::SUCCESS)
}
