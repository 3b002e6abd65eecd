//! Why a manifest could not be read.

use crate::field_error::FieldError;
use crate::{API_VERSION, KIND};

/// Why a manifest could not be read. Each message is a sentence, or one per line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text is neither YAML nor JSON.
    #[error("{file}{}: not {form}: {problem}", at(*.position))]
    Syntax {
        /// The file as the user named it.
        file: String,
        /// `YAML` or `JSON`.
        form: &'static str,
        /// Line and column from 1, where they are known.
        position: Option<(usize, usize)>,
        /// What the parser says.
        problem: String,
    },
    /// There is no document in the text.
    #[error("{file}: empty; a manifest of kind {KIND} ({API_VERSION}) is expected")]
    Empty {
        /// The file as the user named it.
        file: String,
    },
    /// The documents in the text are something else.
    #[error("{file}: found {found}; kind {KIND} of apiVersion {API_VERSION} is expected")]
    Kind {
        /// The file as the user named it.
        file: String,
        /// What each document is.
        found: String,
    },
    /// There are several applications in the text.
    #[error("{file}: found {} applications ({}); give each a file of its own", names.len(), names.join(", "))]
    Several {
        /// The file as the user named it.
        file: String,
        /// Their names.
        names: Vec<String>,
    },
    /// An assignment that cannot be made.
    #[error("--set {assignment}: {problem}")]
    Assignment {
        /// The assignment as it was given.
        assignment: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Fields whose values are not allowed; at least one.
    #[error("{}", lines(problems))]
    Fields {
        /// What is wrong with each.
        problems: Vec<FieldError>,
    },
}

fn at(position: Option<(usize, usize)>) -> String {
    position.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default()
}

fn lines(problems: &[FieldError]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
