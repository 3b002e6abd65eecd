//! Why a configuration cannot be used.

/// What is wrong with a configuration. `Display` names the key, the value and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The value of a key does not follow the grammar of the key.
    #[error("{key}: {value:?} {problem}")]
    Invalid {
        /// The key that was set.
        key: String,
        /// The value it was set to.
        value: String,
        /// What is wrong with it and what is allowed, as the rest of a sentence that begins with the value.
        problem: String,
    },
    /// Two keys whose values are right by themselves contradict each other.
    #[error("{key} ({value}) {problem}")]
    Conflict {
        /// The key to change first.
        key: String,
        /// Its value.
        value: String,
        /// What it contradicts, as the rest of a sentence.
        problem: String,
    },
    /// A line of a properties file cannot be read.
    #[error("line {line} of the properties: {problem}")]
    Properties {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
