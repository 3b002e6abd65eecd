//! What ends a driver from outside: Ctrl-C, a request to terminate, the end of the launcher.
//!
//! Spark's shutdown hooks stop the context and let the JVM exit; so does this, with the shell's status for the signal.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use hearth_driver::DriverHandle;
use hearth_storage::remove_dir;
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use super::app_dir;

/// The process id of `hearth run`, in whose name this driver runs.
const LAUNCHER: &str = "HEARTH_LAUNCHER_PID";

/// The drivers to stop when a signal comes.
static DRIVERS: Mutex<Vec<DriverHandle>> = Mutex::new(Vec::new());
static WATCHING: Once = Once::new();
/// A signal has come: the process ends with its status, and nothing else may end it first.
static EXITING: AtomicBool = AtomicBool::new(false);

/// Does not return once a signal has come: the program must not go on, and end with a status of its own, because its
/// application was stopped under it.
pub(crate) fn wait_if_exiting() {
    while EXITING.load(Ordering::Acquire) {
        std::thread::park();
    }
}

pub(super) fn watch(driver: &DriverHandle) {
    let mut drivers = DRIVERS.lock();
    drivers.retain(|driver| !driver.is_stopped());
    drivers.push(driver.clone());
    drop(drivers);
    WATCHING.call_once(|| {
        follow_launcher();
        if let Err(error) = std::thread::Builder::new().name("signals".to_owned()).spawn(wait) {
            tracing::warn!(%error, "no thread to wait for signals: Ctrl-C will not clean up");
        }
    });
}

/// Has the kernel send us a signal when the launcher ends, however it ends.
fn follow_launcher() {
    if std::env::var_os(LAUNCHER).is_none() {
        return;
    }
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        tracing::warn!(%error, "the end of the launcher will not be noticed");
    }
    // It may have ended before it was asked for.
    if is_orphan() {
        stop_and_exit(143);
    }
}

/// Whether there was a launcher and is none.
fn is_orphan() -> bool {
    let launcher = std::env::var(LAUNCHER).ok().and_then(|pid| pid.parse().ok());
    launcher.is_some_and(|launcher| getppid() != Pid::from_raw(launcher))
}

fn wait() {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::warn!(%error, "cannot wait for signals: Ctrl-C will not clean up"),
    };
    let status = runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return None;
        };
        tokio::select! {
            _ = interrupt.recv() => Some(130),
            _ = terminate.recv() => Some(143),
        }
    });
    match status {
        Some(status) => stop_and_exit(status),
        None => tracing::warn!("cannot wait for signals: Ctrl-C will not clean up"),
    }
}

fn stop_and_exit(status: i32) -> ! {
    EXITING.store(true, Ordering::Release);
    let drivers = std::mem::take(&mut *DRIVERS.lock());
    let dir = app_dir::launchers();
    if let Some(dir) = dir.as_ref().filter(|_| is_orphan()) {
        // Whoever killed the launcher may be about to kill us. Executors that find us gone delete the directory; those
        // that we have told to go leave it to us.
        remove_dir(dir);
    }
    for driver in drivers {
        driver.leave();
    }
    if let Some(dir) = dir {
        // The launcher does this too, if it still lives; then one of the two finds it gone.
        remove_dir(&dir);
    }
    std::process::exit(status)
}
