//! How a task fails in the middle of a stream of records.
//!
//! Users write and read plain iterators; a record stream has no place for an error.
//! So a failure unwinds to the task's edge with a typed payload, as an exception does in Spark, without touching the
//! panic hook: only the user's own panics are panics. See `docs/adr/0002-failures-unwind.md`.

use std::error::Error;

pub(crate) use hearth_types::error_chain;
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
