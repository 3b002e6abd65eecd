//! Why a driver's pod failed, where Kubernetes looks for it. Spark leaves this to whoever reads its log.
//!
//! A program that ends with an error does so after us, in Rust's own code. So what is likely to be that error is noted
//! when it appears: the job that failed last, unless a later one succeeded, or the panic of the main thread. Where nothing
//! was noted, Kubernetes takes the end of the log, in which Rust's code prints the error.

use std::panic::PanicHookInfo;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use hearth_driver::JobError;
use hearth_executor::{clear_termination_message, set_termination_message};

/// Whether the last job failed.
static JOB_FAILED: AtomicBool = AtomicBool::new(false);

/// Notes how a job ended.
pub(crate) fn job_ended<T>(outcome: &Result<T, JobError>) {
    match outcome {
        Ok(_) => {
            if JOB_FAILED.swap(false, Ordering::Relaxed) {
                clear_termination_message();
            }
        }
        Err(error @ (JobError::Aborted(_) | JobError::Cancelled(_))) => {
            JOB_FAILED.store(true, Ordering::Relaxed);
            set_termination_message(&error.to_string());
        }
        // Whatever stopped the application says more.
        Err(JobError::Stopped) => {}
    }
}

/// Notes that the application could not start.
pub(super) fn not_started(error: &crate::Error) {
    set_termination_message(&format!("{error:?}"));
}

/// From now on, notes when the main thread panics.
pub(super) fn watch_for_panics() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() == Some("main") {
                set_termination_message(&describe(info));
            }
            previous(info);
        }));
    });
}

/// As the panic is printed, without the name of the thread.
fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    let message = text.unwrap_or("(a value that is not text)");
    match info.location() {
        Some(location) => format!("panicked at {location}: {message}"),
        None => format!("panicked: {message}"),
    }
}
