//! Why an operation of the RDD API did not give its result.

use hearth_driver::JobError;

use crate::failure::error_chain;
use crate::wire::WireError;

/// Why an action failed, or an RDD could not be made.
#[derive(thiserror::Error)]
pub enum Error {
    /// The job was aborted or cancelled; the sentence is Spark's.
    #[error(transparent)]
    Job(#[from] JobError),
    /// An action that needs a record met none. Spark: `empty collection`.
    #[error("empty collection")]
    EmptyCollection,
    /// An argument is outside of what the operation takes.
    #[error("{operation}: {problem}")]
    Argument {
        /// The method.
        operation: &'static str,
        /// What is wrong and what is allowed.
        problem: String,
    },
    /// A value or a function could not be sent, or an RDD cannot be.
    #[error(transparent)]
    Send(#[from] WireError),
    /// Records could not be encoded or decoded.
    #[error("encode or decode records")]
    Records(#[from] hearth_storage::Error),
    /// A file could not be found, read or written.
    #[error(transparent)]
    Files(#[from] hearth_files::Error),
    /// A setting is wrong.
    #[error(transparent)]
    Conf(#[from] hearth_conf::Error),
    /// The application could not be started.
    #[error("start the application: {problem}")]
    Start {
        /// What did not work, with its causes.
        problem: String,
    },
}

/// For people, with its causes: it is what a `main` that returns an error prints.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&error_chain(self))
    }
}

/// The result of an operation of the RDD API.
pub type Result<T, E = Error> = std::result::Result<T, E>;
