//! From input paths to files. Spark: Hadoop's `FileInputFormat.listStatus`.
//!
//! Ours gives the files of a directory in the order of their names, where Hadoop takes what the system gives.

use super::glob::{expand, is_hidden};
use super::pattern::split_list;
use crate::error::{Error, Result};
use crate::store::{Entry, Location, Status};

/// What happens to a directory inside of an input directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nested {
    Refuse,
    PassOver,
    Read,
}

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) location: Location,
    pub(super) size: u64,
}

/// The files of a comma list of files, directories and globs.
pub(super) fn list_files(paths: &str, nested: Nested) -> Result<Vec<File>> {
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for path in split_list(paths)? {
        match expand(path)? {
            Ok(found) => entries.extend(found),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Error::InvalidInput(problems));
    }
    let mut files = Vec::new();
    for Entry { location, status } in entries {
        match status {
            Status::File { size } => files.push(File { location, size }),
            Status::Directory => add_directory(&location, nested, &mut files)?,
        }
    }
    Ok(files)
}

fn add_directory(directory: &Location, nested: Nested, files: &mut Vec<File>) -> Result<()> {
    let Some(entries) = directory.list()? else { return Ok(()) };
    for Entry { location, status } in entries {
        if is_hidden(location.name()) {
            continue;
        }
        match (status, nested) {
            (Status::File { size }, _) => files.push(File { location, size }),
            (Status::Directory, Nested::Read) => add_directory(&location, nested, files)?,
            (Status::Directory, Nested::PassOver) => {}
            (Status::Directory, Nested::Refuse) => return Err(Error::NotAFile { path: location.uri() }),
        }
    }
    Ok(())
}
