//! The first process of a container has duties that no program expects: the kernel gives it the orphans of all others to
//! reap, and a signal without a handler does nothing to it. Images for Spark start `tini` for that.
//!
//! Ours splits in two before `main`: the first process keeps those duties, passes signals on and ends as the second does,
//! which is the program. The first shares its memory with the second as it was before either did anything.
#![expect(
    unsafe_code,
    reason = "fork and the waiting for signals have no safe form; every call is explained"
)]

use std::mem::MaybeUninit;

use libc::{c_int, sigset_t};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};

/// What is passed on: whatever people and Kubernetes send to end a program or to ask it for something.
const PASSED_ON: [Signal; 6] =
    [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2];

/// Returns in a process that is not the first of its container: at once, or as the child of the first.
/// If there can be no child, the first process is the program after all.
pub(crate) fn split() {
    if std::process::id() != 1 {
        return;
    }
    let awaited = awaited();
    // SAFETY: both sets are initialised, the old one by the call.
    let before = unsafe {
        let mut before = MaybeUninit::<sigset_t>::uninit();
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const awaited, before.as_mut_ptr()) != 0 {
            return;
        }
        before.assume_init()
    };
    // SAFETY: the process has one thread, as it is being loaded, so the child finds no lock held by another.
    let forked = unsafe { libc::fork() };
    if let Some(child) = Pid::from_raw(forked).filter(|_| forked > 0) {
        let status = serve(child, &awaited);
        // SAFETY: ends the process without touching anything that it shares with the child.
        unsafe { libc::_exit(status) }
    }
    // SAFETY: the set was filled above.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut()) };
}

/// The signals that the first process waits for.
fn awaited() -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::uninit();
    // SAFETY: `sigemptyset` initialises the set, and the numbers are signals.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in PASSED_ON.map(Signal::as_raw).into_iter().chain([libc::SIGCHLD]) {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Passes signals on to the child and reaps whoever ends, until the child does. Returns its status, or 128 + signal.
fn serve(child: Pid, awaited: &sigset_t) -> c_int {
    loop {
        let mut signal: c_int = 0;
        // SAFETY: the set is initialised, and the number is written to a place of its own.
        let waited = unsafe { libc::sigwait(std::ptr::from_ref(awaited), &raw mut signal) };
        if waited == 0 && signal != libc::SIGCHLD {
            let passed_on = PASSED_ON.into_iter().find(|known| known.as_raw() == signal);
            if let Some(signal) = passed_on {
                // An error says that the child has ended, of which we are told as well.
                kill_process(child, signal).ok();
            }
        }
        // Several ends may be told of by one signal.
        while let Ok(Some((ended, status))) = waitpid(None, WaitOptions::NOHANG) {
            if ended == child
                && let Some(status) = exit_status(status)
            {
                return status;
            }
        }
    }
}

/// The status that a shell would show; `None` for a process that has only been stopped or continued.
fn exit_status(status: WaitStatus) -> Option<c_int> {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal))
}
