//! What is wrong with one field, and where it stands.

use std::fmt;

use crate::field_path::FieldPath;

/// What is wrong with one field of a manifest, as a sentence that says what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub path: FieldPath,
    /// What was found and what is allowed.
    pub problem: String,
    /// Where the field stands, when it was read from somewhere.
    pub place: Option<Place>,
}

/// Where a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file as the user named it.
        file: String,
        /// Line and column from 1, where they are known.
        position: Option<(usize, usize)>,
    },
    /// In an assignment on the command line.
    Assignment(String),
}

impl FieldError {
    /// A problem of the field at `path`.
    pub fn new(path: FieldPath, problem: impl Into<String>) -> Self {
        Self { path, problem: problem.into(), place: None }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, position: Some((line, column)) } => write!(f, "{file}:{line}:{column}"),
            Self::File { file, position: None } => f.write_str(file),
            Self::Assignment(assignment) => write!(f, "--set {assignment}"),
        }
    }
}
