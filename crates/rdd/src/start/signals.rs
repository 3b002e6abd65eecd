//! What ends a driver from outside: Ctrl-C, a request to terminate, the end of the launcher.
//!
//! Spark's shutdown hooks stop the context and let the JVM exit; so does this, with the shell's status for the signal.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

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
/// The process is about to end with a status that is known, and nothing else may end it first.
static EXITING: AtomicBool = AtomicBool::new(false);

/// Does not return once the process is about to end: the program must not go on, and end with a status of its own, because
/// its application was stopped under it.
pub(crate) fn wait_if_exiting() {
    while EXITING.load(Ordering::Acquire) {
        std::thread::park();
    }
}

/// Ends `driver` when a signal comes. When this returns, signals are listened for.
pub(super) fn watch(driver: &DriverHandle) {
    let mut drivers = DRIVERS.lock();
    drivers.retain(|driver| !driver.is_stopped());
    drivers.push(driver.clone());
    drop(drivers);
    WATCHING.call_once(|| {
        follow_launcher();
        let (deaf, listening) = channel();
        let thread = std::thread::Builder::new().name("signals".to_owned());
        if let Err(error) = thread.spawn(|| wait(deaf)) {
            tracing::warn!(%error, "no thread to wait for signals: Ctrl-C will not clean up");
        }
        // An error says that the other end is dropped, and that is all that it says.
        listening.recv().ok();
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

/// Drops `deaf` when it listens, or cannot.
fn wait(deaf: Sender<()>) {
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
        drop(deaf);
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

/// Ends all drivers, as the process is about to end. Of two that want this, the second waits for the first.
pub(super) fn end_drivers(end: impl Fn(&DriverHandle)) {
    EXITING.store(true, Ordering::Release);
    let mut drivers = DRIVERS.lock();
    drivers.iter().for_each(end);
    drivers.clear();
}

fn stop_and_exit(status: i32) -> ! {
    EXITING.store(true, Ordering::Release);
    let dir = app_dir::launchers();
    if let Some(dir) = dir.as_ref().filter(|_| is_orphan()) {
        // Whoever killed the launcher may be about to kill us. Executors that find us gone delete the directory; those
        // that we have told to go leave it to us.
        remove_dir(dir);
    }
    end_drivers(DriverHandle::leave);
    if let Some(dir) = dir {
        // The launcher does this too, if it still lives; then one of the two finds it gone.
        remove_dir(&dir);
    }
    std::process::exit(status)
}
