//! An executor as a process of its own. Spark: `CoarseGrainedExecutorBackend.main`.
//!
//! It is the child of its driver, or a pod. A child's standard input is its lifeline: its first line says all that the
//! process must know, and its end says that the driver's process is gone, however it went. A pod is told by its
//! environment where the driver is, and asks it; when the driver is gone, it waits for the next one.

mod cgroup;
mod lifeline;
mod live;
mod logging;
mod pod;
mod termination;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hearth_storage::remove_dir;
use hearth_types::error_chain;
use tokio::runtime::{Builder, Runtime};

use crate::executor::Ending;
use crate::runner::TaskRunner;
use lifeline::{Lifeline, is_cut_within};
use live::{Signals, Tie, live};

pub use logging::init as init_logging;
pub use termination::{clear_termination_message, set_termination_message};

/// What may end the process before it has run; only ever logged.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// How long after the stream a dying driver's pipe may close.
const SOON: Duration = Duration::from_secs(1);

/// Runs an executor until its end: one whose driver has written a [`Bootstrap`](hearth_rpc::Bootstrap) to standard
/// input, or one in a pod, whose environment has `HEARTH_DRIVER_ADDRESS`.
///
/// A binary that is its own executor calls this when the environment variable `HEARTH_ROLE` is `executor`.
/// Logs go to standard error, as `HEARTH_LOG_LEVEL` and `HEARTH_LOG_FORMAT` say.
pub fn executor_main(runner: Arc<dyn TaskRunner>) -> ExitCode {
    logging::init();
    let ended = match pod::Place::of_this_process() {
        Some(place) => place.and_then(|place| pod::run(&place, runner)),
        None => run_child(runner),
    };
    let problem = match ended {
        Ok(Ending::Shutdown) => return ExitCode::SUCCESS,
        Ok(Ending::Refused(reason)) => format!("the driver refused this executor: {reason}"),
        Ok(Ending::Disconnected) => "the driver is gone; this executor stops".to_owned(),
        Err(error) => format!("the executor cannot start: {}", error_chain(&*error)),
    };
    tracing::error!("{problem}");
    set_termination_message(&problem);
    ExitCode::FAILURE
}

fn run_child(runner: Arc<dyn TaskRunner>) -> Result<Ending, AnyError> {
    let (bootstrap, mut lifeline) = Lifeline::open()?;
    let runtime = start_runtime(bootstrap.slots)?;
    let ending = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        live(&runtime, &bootstrap, runner, &mut signals, Tie::Lifeline(&mut lifeline)).await
    });
    // What still runs on other threads is of no use to anybody.
    runtime.shutdown_background();
    remove_dir(&bootstrap.local_dir);
    // A driver may die of a kill while it stops, after it has told us to go. We look as late as we can.
    let wait = if matches!(ending, Ok(Ending::Disconnected)) { SOON } else { Duration::ZERO };
    if is_cut_within(wait) {
        remove_dir(&bootstrap.app_dir);
    }
    ending
}

/// Few threads: tasks have their own, and what remains is moving bytes.
fn start_runtime(slots: u32) -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(if slots > 1 { 2 } else { 1 })
        .max_blocking_threads(16)
        .thread_name("executor-io")
        .enable_all()
        .build()
}
