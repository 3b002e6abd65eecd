//! Whole partitions as files: what checkpoints and object files need. Spark: `ReliableCheckpointRDD`'s file use.
//!
//! A file appears under its name only when it is complete.

use std::io::{ErrorKind, Read, Write};

use crate::error::{Error, Result};
use crate::store::{Location, Status};

/// Writes one file: `fill` gets a buffered writer, and the file appears only if `fill` and the closing succeed.
/// An existing file is replaced. Parent directories are made. Returns the bytes written.
///
/// # Errors
/// Those of the store, and what `fill` returns.
pub fn write_atomic<E: From<Error>>(
    path: &str,
    fill: impl FnOnce(&mut dyn Write) -> std::result::Result<(), E>,
) -> std::result::Result<u64, E> {
    let mut upload = Location::parse(path)?.create()?;
    fill(&mut upload)?;
    Ok(upload.finish()?)
}

/// The files named `part-…` directly in `dir`, sorted by name, as full paths.
///
/// # Errors
/// `InvalidInput` without the directory, and those of the store.
pub fn list_parts(dir: &str) -> Result<Vec<String>> {
    let dir = Location::parse(dir)?;
    let Some(entries) = dir.list()? else {
        return Err(Error::InvalidInput(vec![crate::InputProblem::DoesNotExist(dir.uri())]));
    };
    // The store's own unfinished files have a `#` in their names.
    let is_part = |name: &str| name.starts_with("part-") && !name.contains('#');
    let parts = entries.iter().filter(|entry| matches!(entry.status, Status::File { .. }));
    Ok(parts.filter(|entry| is_part(entry.location.name())).map(|entry| entry.location.uri()).collect())
}

/// A file as it is, not decompressed, and how many bytes it has.
///
/// # Errors
/// `NotFound` without the file, and those of the store.
pub fn open(path: &str) -> Result<(impl Read + Send + 'static, u64)> {
    let location = Location::parse(path)?;
    let source = location.read(0)?;
    match location.status()? {
        Some(Status::File { size }) => Ok((source, size)),
        Some(Status::Directory) => Err(Error::io("read", location.uri(), ErrorKind::IsADirectory.into())),
        None => Err(Error::io("read", location.uri(), ErrorKind::NotFound.into())),
    }
}

/// Removes a directory and everything below it. A missing directory is no error.
///
/// # Errors
/// Those of the store.
pub fn delete_dir(dir: &str) -> Result<()> {
    Location::parse(dir)?.delete_tree()
}

/// Whether `path` is a file or a directory.
///
/// # Errors
/// Those of the store.
pub fn exists(path: &str) -> Result<bool> {
    Ok(Location::parse(path)?.status()?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let folder = Folder::new();
        for dir in [folder.at("checkpoint/rdd-1"), "memory:/checkpoint/rdd-1".to_string()] {
            let path = format!("{dir}/part-00001");
            let failed: Result<u64> = write_atomic(&path, |writer| {
                writer.write_all(&[0; 1 << 20]).unwrap();
                assert!(!exists(&path).unwrap());
                Err(Error::EmptyPath { paths: "stands for any error".to_string() })
            });
            assert!(failed.is_err());
            assert!(!exists(&path).unwrap());
            for content in ["old", "newer"] {
                let written: Result<u64> = write_atomic(&path, |writer| {
                    writer
                        .write_all(content.as_bytes())
                        .map_err(|error| Error::from_io("write", &path, error))
                });
                assert_eq!(written.unwrap(), content.len() as u64);
            }
            let other: Result<u64> = write_atomic(&format!("{dir}/part-00000"), |_| Ok(()));
            assert_eq!(other.unwrap(), 0);
            let other: Result<u64> = write_atomic(&format!("{dir}/_partitioner"), |_| Ok(()));
            assert_eq!(other.unwrap(), 0);
            let parts = list_parts(&dir).unwrap();
            assert_eq!(parts.len(), 2);
            assert!(parts[0].ends_with("/part-00000") && parts[1].ends_with("/part-00001"));
            let (mut file, size) = open(&parts[1]).unwrap();
            let mut content = String::new();
            file.read_to_string(&mut content).unwrap();
            assert_eq!((content.as_str(), size), ("newer", 5));
            assert!(open(&dir).is_err());
            delete_dir(&dir).unwrap();
            delete_dir(&dir).unwrap();
            assert!(!exists(&dir).unwrap());
            assert!(list_parts(&dir).unwrap_err().to_string().starts_with("Input path does not exist: "));
            assert!(open(&path).err().unwrap().to_string().contains("part-00001 is not there"));
        }
    }
}
