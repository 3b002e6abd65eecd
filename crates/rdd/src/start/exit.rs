//! What ends a driver when its process ends without it: `std::process::exit`, or a `main` that returns while somebody else
//! still holds the context.
//!
//! Spark's shutdown hooks do this and what a signal asks for; here that is in `signals`. Without it the files of a `local`
//! application would stay for ever, as no other process knows of them.

use std::ffi::c_int;
use std::sync::Once;

use hearth_driver::DriverHandle;

use super::signals;

#[expect(unsafe_code, reason = "C's own list of functions to run at the end, which Rust has no name for")]
unsafe extern "C" {
    /// Has `exit` call a function before the process ends, on the thread that ends it.
    safe fn atexit(function: extern "C" fn()) -> c_int;
}

/// From now on, drivers are stopped when the process ends.
pub(super) fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        if atexit(stop_drivers) != 0 {
            tracing::warn!(
                "the end of the program will not be noticed: it must stop its SparkContext to clean up"
            );
        }
    });
}

extern "C" fn stop_drivers() {
    // A thread of its own, whose panic would not abort the process, because this one may be anything: a task, part of a
    // runtime, or half taken apart already.
    let stopping = std::thread::Builder::new().name("exit".to_owned());
    if let Ok(stopping) = stopping.spawn(|| signals::end_drivers(DriverHandle::stop)) {
        // It has said what it had to say.
        stopping.join().ok();
    }
}
