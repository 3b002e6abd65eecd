//! An executor as a process of its own. Spark: `CoarseGrainedExecutorBackend.main`.
//!
//! Standard input is the lifeline: its first line says all that the process must know, and its end says that the driver's
//! process is gone, however it went.

mod clean;
mod lifeline;
mod live;
mod logging;

use std::process::ExitCode;
use std::sync::Arc;

use hearth_rpc::Bootstrap;
use hearth_types::error_chain;
use tokio::runtime::{Builder, Runtime};

use crate::executor::Ending;
use crate::runner::TaskRunner;
use lifeline::Lifeline;

pub use logging::init as init_logging;

/// What may end the process before it has run; only ever logged.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Runs an executor whose driver has written a [`Bootstrap`] to standard input, until its end.
///
/// A binary that is its own executor calls this from `main` when the environment variable `HEARTH_ROLE` is `executor`.
/// Logs go to standard error, as `HEARTH_LOG_LEVEL` and `HEARTH_LOG_FORMAT` say.
pub fn executor_main(runner: Arc<dyn TaskRunner>) -> ExitCode {
    logging::init();
    match run(runner) {
        Ok(Ending::Shutdown) => ExitCode::SUCCESS,
        Ok(Ending::Refused(reason)) => {
            tracing::error!("the driver refused this executor: {reason}");
            ExitCode::FAILURE
        }
        Ok(Ending::Disconnected) => {
            tracing::warn!("the driver is gone; this executor stops");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!("the executor cannot start: {}", error_chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(runner: Arc<dyn TaskRunner>) -> Result<Ending, AnyError> {
    let (bootstrap, mut lifeline) = Lifeline::open()?;
    let runtime = start_runtime(&bootstrap)?;
    let ending = runtime.block_on(live::live(&runtime, &bootstrap, runner, &mut lifeline));
    let driver_died = matches!(ending, Ok(Ending::Disconnected)) && lifeline.is_cut_soon();
    // What still runs on other threads is of no use to anybody.
    runtime.shutdown_background();
    clean::remove(&bootstrap.local_dir);
    if driver_died {
        clean::remove(&bootstrap.app_dir);
    }
    ending
}

/// Few threads: tasks have their own, and what remains is moving bytes.
fn start_runtime(bootstrap: &Bootstrap) -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(if bootstrap.slots > 1 { 2 } else { 1 })
        .max_blocking_threads(16)
        .thread_name("executor-io")
        .enable_all()
        .build()
}
