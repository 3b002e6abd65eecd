//! An executor in a pod of its own, which its driver did not start. Spark: `KubernetesExecutorBackend`.
//!
//! Spark's executor ends with its driver. Ours starts itself anew when the driver's stream ends, and looks for the next
//! driver of the application: the pod, which took a second to start and an image to pull, stays. A process that starts
//! anew has nothing of the last one, no thread, no block and no memory.

mod dial;
mod place;

use std::convert::Infallible;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use hearth_conf::SparkConf;
use hearth_conf::entries::application::BLOCK_MANAGER_PORT;
use hearth_conf::entries::executor::EXECUTOR_DECOMMISSION_FORCE_KILL_TIMEOUT;
use hearth_conf::entries::hearth::HEARTH_EXECUTOR_DRIVER_WAIT;
use hearth_rpc::control::AttachError;
use hearth_rpc::message::AppConfig;
use hearth_rpc::{Bootstrap, Identity};
use hearth_storage::remove_dir;
use hearth_types::{error_chain, pod};

use super::live::{Signals, Tie, live};
use super::{AnyError, start_runtime};
use crate::executor::Ending;
use crate::runner::TaskRunner;
use dial::{Answer, dial, jittered};

pub(crate) use place::Place;

/// What remains of the grace period when the executor goes: time to delete its files, and for the kubelet to see it.
const MARGIN: Duration = Duration::from_secs(5);
/// How long a process waits before it starts anew, at most.
const BREATH: Duration = Duration::from_millis(500);

/// The next process must know it.
struct Next {
    driver_epoch: u64,
    driver_wait: Duration,
}

/// Runs until the driver says that it may go, or the pod is taken away. When the driver is gone, the process starts anew.
pub(super) fn run(place: &Place, runner: Arc<dyn TaskRunner>) -> Result<Ending, AnyError> {
    let runtime = start_runtime(place.slots)?;
    // A process before this one may have had to leave without cleaning.
    remove_dir(&place.local_dir);
    let mut next = Next { driver_epoch: place.driver_epoch, driver_wait: place.driver_wait };
    let ending = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let identity = Identity::read(&place.secrets)?;
        let answer = tokio::select! {
            answer = dial(place, &identity) => answer?,
            () = signals.terminated() => return Ok(Ending::Shutdown),
        };
        let config = match answer {
            Answer::Welcome(config) => config,
            Answer::Refused(reason) => return Ok(Ending::Refused(reason)),
        };
        next.driver_epoch = config.driver_epoch;
        let bootstrap = bootstrap(place, identity, config);
        let conf: SparkConf =
            bootstrap.conf.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        next.driver_wait = conf.get_entry(&HEARTH_EXECUTOR_DRIVER_WAIT)?;
        let tie = Tie::Pod { grace: grace(place, &conf)? };
        let ending = match live(&runtime, &bootstrap, runner, &mut signals, tie).await {
            // It was there a moment ago.
            Err(error) if error.is::<AttachError>() => {
                tracing::warn!("{}", error_chain(&*error));
                Ending::Disconnected
            }
            ended => ended?,
        };
        match ending {
            Ending::Disconnected => Ok(breathe(place, &mut signals).await),
            ending => Ok(ending),
        }
    });
    // What still runs on other threads is of no use to anybody.
    runtime.shutdown_background();
    remove_dir(&place.local_dir);
    match ending {
        Ok(Ending::Disconnected) => match start_anew(&next)? {},
        ended => ended,
    }
}

/// Waits a moment before the process starts anew. Whoever takes the driver away takes its executors away in the same moment: a
/// signal that nobody waits for here would be lost, and the pod would stay until its grace period is over.
async fn breathe(place: &Place, signals: &mut Signals) -> Ending {
    tracing::warn!("the driver is gone; waits for the next");
    // Now, as no signal is heard later.
    remove_dir(&place.local_dir);
    tokio::select! {
        () = tokio::time::sleep(jittered(BREATH)) => Ending::Disconnected,
        () = signals.terminated() => Ending::Shutdown,
    }
}

fn bootstrap(place: &Place, identity: Identity, config: AppConfig) -> Bootstrap {
    let AppConfig { mut conf, driver_block_address, driver_epoch: _ } = config;
    conf.entry(BLOCK_MANAGER_PORT.key().to_owned()).or_insert_with(|| pod::EXECUTOR_BLOCK_PORT.to_string());
    Bootstrap {
        executor: place.executor,
        driver_address: place.driver_address.clone(),
        driver_block_address,
        host: place.host.clone(),
        identity,
        conf,
        slots: place.slots,
        memory: place.memory,
        local_dir: place.local_dir.clone(),
        app_dir: place.local_dir.clone(),
    }
}

/// How long the executor stays when it is asked to go.
fn grace(place: &Place, conf: &SparkConf) -> Result<Duration, hearth_conf::Error> {
    let most = place.grace_period.saturating_sub(MARGIN.min(place.grace_period / 2));
    let asked = conf.get_entry(&EXECUTOR_DECOMMISSION_FORCE_KILL_TIMEOUT)?;
    Ok(asked.map_or(most, |asked| asked.min(most)))
}

/// Starts the same program with the same arguments in this process.
fn start_anew(next: &Next) -> Result<Infallible, AnyError> {
    let program = std::env::current_exe().ok().filter(|path| path.exists());
    let program = program.unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
    let mut args = std::env::args_os();
    let mut command = Command::new(&program);
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    let error = command
        .args(args)
        .env(pod::DRIVER_EPOCH, next.driver_epoch.to_string())
        .env(pod::DRIVER_WAIT, next.driver_wait.as_secs().to_string())
        .exec();
    Err(std::io::Error::new(error.kind(), format!("start {} anew: {error}", program.display())).into())
}
