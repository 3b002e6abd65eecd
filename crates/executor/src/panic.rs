//! Panics of user code: caught, with where they came from, instead of printed. Spark: the `catch` of `TaskRunner.run`.
//!
//! The backtrace exists only while the panic hook runs, so the hook records it for the thread that asked.
//! Threads that did not ask keep the behaviour they had.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::backtrace::user_frames;

/// What is known of a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicRecord {
    /// `panicked at src/main.rs:12:5: boom`, or only what the payload says when the panic hook was not involved.
    pub message: String,
    /// The frames of the user's code and below, or empty.
    pub backtrace: String,
}

enum Recording {
    Off,
    On(Option<PanicRecord>),
}

thread_local! {
    static RECORDING: RefCell<Recording> = const { RefCell::new(Recording::Off) };
}

/// What the panic hook recorded on this thread since the task began or since the last call.
///
/// A front door that catches panics itself asks here for the backtrace.
pub fn take_panic() -> Option<PanicRecord> {
    RECORDING.with_borrow_mut(|recording| match recording {
        Recording::On(record) => record.take(),
        Recording::Off => None,
    })
}

/// Runs `work`. A panic comes back as a record and is not printed.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, PanicRecord> {
    install_hook();
    let before = RECORDING.replace(Recording::On(None));
    // What `work` leaves half changed is dropped with the attempt, or guarded by locks that ignore poison.
    let result = catch_unwind(AssertUnwindSafe(work));
    let record = take_panic();
    RECORDING.set(before);
    result.map_err(|payload| {
        let record =
            record.unwrap_or_else(|| PanicRecord { message: describe(&*payload), backtrace: String::new() });
        // A payload is a value of the user's, and dropping it is the user's code.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        record
    })
}

fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !record(info) {
                previous(info);
            }
        }));
    });
}

/// Keeps the panic for `catch`, if this thread is inside one.
fn record(info: &PanicHookInfo<'_>) -> bool {
    // A thread that is being torn down has no thread locals: then it is not ours.
    let is_on = RECORDING.try_with(|recording| match recording.try_borrow() {
        Ok(recording) => matches!(*recording, Recording::On(_)),
        Err(_) => false,
    });
    if !is_on.unwrap_or(false) {
        return false;
    }
    let payload = describe(info.payload());
    let message = match info.location() {
        Some(location) => format!("panicked at {location}: {payload}"),
        None => payload,
    };
    let backtrace = user_frames(&Backtrace::force_capture().to_string());
    RECORDING
        .with_borrow_mut(|recording| *recording = Recording::On(Some(PanicRecord { message, backtrace })));
    true
}

fn describe(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "panicked with a value that is not text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_recorded_with_its_place_and_backtrace() {
        let record = catch(|| -> () { panic!("boom {}", 1) }).unwrap_err();
        assert!(record.message.starts_with("panicked at "), "{}", record.message);
        assert!(
            record.message.contains("panic.rs:") && record.message.ends_with(": boom 1"),
            "{}",
            record.message
        );
        assert!(record.backtrace.contains("a_panic_is_recorded"), "{}", record.backtrace);
        assert!(!record.backtrace.contains("begin_unwind"), "{}", record.backtrace);
    }

    #[test]
    fn an_unwinding_that_is_no_panic_has_no_backtrace() {
        let record = catch(|| -> () { std::panic::resume_unwind(Box::new("thrown")) }).unwrap_err();
        assert_eq!(record, PanicRecord { message: "thrown".into(), backtrace: String::new() });
    }

    #[test]
    fn a_payload_that_panics_when_dropped_does_no_harm() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("again"));
            }
        }
        let record = catch(|| -> () { std::panic::panic_any(Bomb) }).unwrap_err();
        assert!(record.message.ends_with("panicked with a value that is not text"), "{}", record.message);
    }

    #[test]
    fn nested_catches_do_not_mix() {
        let outer = catch(|| {
            let inner = catch(|| -> () { panic!("inner") }).unwrap_err();
            assert!(inner.message.ends_with("inner"));
            assert_eq!(take_panic(), None);
            panic!("outer")
        });
        let record: Result<(), _> = outer;
        assert!(record.unwrap_err().message.ends_with("outer"));
        assert_eq!(take_panic(), None);
    }
}
