//! How a task fails in the middle of a stream of records.
//!
//! Users write and read plain iterators; a record stream has no place for an error.
//! So a failure unwinds to the task's edge with a typed payload, as an exception does in Spark, without touching the
//! panic hook: only the user's own panics are panics. See `docs/adr/0002-failures-unwind.md`.

use std::error::Error;
use std::fmt::Write;

use hearth_types::{ExceptionKind, TaskEndReason};

/// The payload of an unwinding that the runtime started.
pub(crate) struct TaskFailure(pub(crate) TaskEndReason);

/// Ends the task with this reason.
pub(crate) fn throw(reason: TaskEndReason) -> ! {
    std::panic::resume_unwind(Box::new(TaskFailure(reason)))
}

/// Ends the task with an error and its causes as the message.
pub(crate) fn throw_error(error: &dyn Error) -> ! {
    throw(TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: error_chain(error),
        backtrace: String::new(),
    })
}

/// An error and its causes in one line.
pub(crate) fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        if write!(text, ": {next}").is_err() {
            break;
        }
        cause = next.source();
    }
    text
}

/// Takes a value out of a `Result`, or ends the task.
pub(crate) trait OrThrow<T> {
    fn or_throw(self) -> T;
}

impl<T, E: Error> OrThrow<T> for Result<T, E> {
    fn or_throw(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => throw_error(&error),
        }
    }
}
