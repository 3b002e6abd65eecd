//! What the file system of this machine has and an object store has not: directories, and names of any kind.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Seek, SeekFrom};

use super::{Entry, Location, Status};
use crate::error::{Error, Result};

/// Late attempts may still be writing into a tree that is being removed; it is then tried again.
const DELETE_ATTEMPTS: u32 = 10;

pub(super) fn status(location: &Location) -> Result<Option<Status>> {
    match fs::metadata(location.os_path()) {
        Ok(metadata) => match status_of(&metadata) {
            Some(status) => Ok(Some(status)),
            None => Err(Error::InvalidPath {
                path: location.uri(),
                reason: "it is neither a file nor a directory".to_string(),
            }),
        },
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("look at", location.uri(), error)),
    }
}

/// Opens a file for reading. The store would do the same, but refuses names that end with `#` and digits.
pub(super) fn open(location: &Location, offset: u64) -> Result<File> {
    let failed = |error| Error::io("open", location.uri(), error);
    let mut file = File::open(location.os_path()).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Error::NotFound { path: location.uri(), source: "it is a directory".into() });
    }
    if offset > metadata.len() {
        let reason = format!("it has become shorter than {offset} bytes since it was listed");
        return Err(Error::InvalidPath { path: location.uri(), reason });
    }
    if offset > 0 {
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    }
    Ok(file)
}

/// Links that lead to nothing, pipes, sockets and devices are passed over.
pub(super) fn list(location: &Location) -> Result<Option<Vec<Entry>>> {
    let failed = |error| Error::io("list", location.uri(), error);
    let entries = match fs::read_dir(location.os_path()) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            return Err(Error::InvalidPath {
                path: format!("{}/{}", location.uri(), name.display()),
                reason: "its name is not UTF-8".to_string(),
            });
        };
        let location = location.child(name);
        let status = match entry.file_type().map_err(failed)?.is_symlink() {
            false => entry.metadata(),
            true => fs::metadata(location.os_path()),
        };
        match status.map(|metadata| status_of(&metadata)) {
            Ok(Some(status)) => listed.push(Entry { location, status }),
            Ok(None) => {}
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(Error::io("look at", location.uri(), error)),
        }
    }
    listed.sort_by(|a, b| a.location.name().cmp(b.location.name()));
    Ok(Some(listed))
}

pub(super) fn create_new_directory(location: &Location) -> Result<bool> {
    let failed = |error| Error::io("create directory", location.uri(), error);
    if let Some(parent) = location.os_path().parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::create_dir(location.os_path()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

pub(super) fn delete_tree(location: &Location) -> Result<()> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match fs::remove_dir_all(location.os_path()) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Something inside vanished by another hand, or the tree is gone altogether.
                if attempt == DELETE_ATTEMPTS || !location.os_path().exists() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && attempt < DELETE_ATTEMPTS => {}
            Err(error) => return Err(Error::io("delete", location.uri(), error)),
        }
    }
}

pub(super) fn delete_empty_directory(location: &Location) {
    if let Err(error) = fs::remove_dir(location.os_path()) {
        tracing::debug!(directory = %location.uri(), %error, "directory stays");
    }
}

fn status_of(metadata: &Metadata) -> Option<Status> {
    if metadata.is_dir() {
        Some(Status::Directory)
    } else {
        metadata.is_file().then_some(Status::File { size: metadata.len() })
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
