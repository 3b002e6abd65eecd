//! Why a pod failed, or does not start: a word for programs and a sentence that says what to do.
//!
//! Kubeflow's operator passes on exit code and reason; Spark has `ExecutorExitCode`. Kubernetes says more than that, in a dozen
//! places, and this is where they are read.

mod ended;
mod loss;
mod text;
mod waiting;

use hearth_crd::FailureCause;

pub use ended::{End, end_of};
pub use loss::{loss_of, pod_gone};
pub use text::shorten;
pub use waiting::{Waiting, waiting_for};

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The word for it.
    pub cause: FailureCause,
    /// The exit code of the container, where it ended.
    pub exit_code: Option<i32>,
    /// Kubernetes' word, as in `OOMKilled` or `Error`; it may be empty.
    pub reason: String,
    /// A sentence for people, without a full stop.
    pub message: String,
}

impl Failure {
    /// A failure without an exit code.
    pub fn new(cause: FailureCause, message: impl Into<String>) -> Self {
        Self { cause, exit_code: None, reason: cause.as_str().to_owned(), message: message.into() }
    }
}

/// What a pod is to its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It runs the program.
    Driver,
    /// It runs tasks.
    Executor,
}

impl Role {
    /// Its name, which is also that of its part of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Executor => "executor",
        }
    }
}

#[cfg(test)]
mod tests;
