//! Reads the manifest of a `SparkApplication`, YAML or JSON.
//!
//! The way is text → tree ([`document`]) → assignments ([`set`]) → types ([`typed`]) → checks
//! ([`crate::validate`]), and every error names the file, the line, the field, what was found and what is
//! allowed. Fields that nobody knows are pruned, as Kubernetes does, and come back as warnings ([`unknown`]).

mod document;
mod error;
mod locate;
mod set;
mod typed;
mod unknown;

use std::fmt;

use serde_json::Value;

use crate::application::SparkApplication;
use crate::field_error::{FieldError, Place};
use crate::field_path::FieldPath;
use crate::validate::validate;

pub(crate) use typed::{describe, field_path};

pub use error::ReadError;
pub use set::set_path;

/// Reads the one `SparkApplication` in `text`, and checks it.
///
/// `file` is the name that errors carry. See [`Manifest`] for assignments and warnings.
///
/// # Errors
///
/// A text that is neither YAML nor JSON, another kind, and every field whose value is not allowed.
pub fn read_application(text: &str, file: &str) -> Result<SparkApplication, ReadError> {
    Manifest::parse(text, file)?.application().map(|(application, _)| application)
}

/// A manifest between its text and its types, where assignments change it.
#[derive(Debug)]
pub struct Manifest<'a> {
    text: &'a str,
    file: &'a str,
    /// The position of the document in the text, from 0.
    document: usize,
    tree: Value,
    assignments: Vec<Assignment>,
}

/// One `PATH=VALUE` that changed the manifest.
#[derive(Debug)]
struct Assignment {
    text: String,
    path: FieldPath,
    /// The value as it was written.
    value: String,
}

/// A field of a manifest that has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands.
    pub place: Place,
    /// The field.
    pub path: FieldPath,
    /// The name of the field that may have been meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: no such field; it is ignored", self.place, self.path)?;
        match &self.nearest {
            Some(nearest) => write!(f, " (did you mean {nearest}?)"),
            None => Ok(()),
        }
    }
}

impl<'a> Manifest<'a> {
    /// Parses `text` and finds the `SparkApplication` in it.
    ///
    /// # Errors
    ///
    /// A text that is neither YAML nor JSON, no `SparkApplication`, or more than one.
    pub fn parse(text: &'a str, file: &'a str) -> Result<Self, ReadError> {
        let (document, tree) = document::find(text, file)?;
        Ok(Self { text, file, document, tree, assignments: Vec::new() })
    }

    /// Changes one field, as in `spec.executor.instances=3`.
    ///
    /// The value is read as YAML; where the field takes a string it is taken as it is written.
    ///
    /// # Errors
    ///
    /// A text that is not an assignment, or a path through a field that has no fields.
    pub fn set(&mut self, assignment: &str) -> Result<(), ReadError> {
        let (path, value) = set::set_path_parts(&mut self.tree, assignment)?;
        self.assignments.push(Assignment { text: assignment.to_owned(), path, value });
        Ok(())
    }

    /// Types and checks the manifest.
    ///
    /// # Errors
    ///
    /// Every field whose value is not allowed; of those with a value of a wrong type, the first.
    pub fn application(&mut self) -> Result<(SparkApplication, Vec<Warning>), ReadError> {
        let application = typed::application(self)?;
        let problems = validate(&application);
        if !problems.is_empty() {
            let problems = problems.into_iter().map(|problem| self.place(problem)).collect();
            return Err(ReadError::Fields { problems });
        }
        let warnings = unknown::warnings(self, &application);
        Ok((application, warnings))
    }

    /// The problem with its place in the file or among the assignments.
    pub fn place(&self, problem: FieldError) -> FieldError {
        FieldError { place: Some(self.place_of(&problem.path)), ..problem }
    }

    /// Where a field was given: by the last assignment to it, to what contains it or to what it contains, or in
    /// the file.
    fn place_of(&self, path: &FieldPath) -> Place {
        let touches = |assignment: &&Assignment| {
            path.starts_with(&assignment.path) || assignment.path.starts_with(path)
        };
        match self.assignments.iter().rev().find(touches) {
            Some(assignment) => Place::Assignment(assignment.text.clone()),
            None => Place::File {
                file: self.file.to_owned(),
                position: locate::position(self.text, self.document, path),
            },
        }
    }
}
