//! Files in which the operator tells the driver something: annotations of its pod, which the kubelet keeps fresh.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// A file that is read when it has changed. The kubelet replaces it as a whole, by another file behind a link.
#[derive(Debug)]
pub(super) struct Told {
    path: PathBuf,
    version: Option<Version>,
}

/// Device, file and time of change.
type Version = (u64, u64, i64, i64);

impl Told {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, version: None }
    }

    /// What it says, if it is another file than last time. That there is none says nothing, as does an empty one:
    /// that is an annotation which is missing.
    pub(super) fn news<T: DeserializeOwned>(&mut self) -> Option<T> {
        let version = version(&fs::metadata(&self.path).ok()?);
        if self.version == Some(version) {
            return None;
        }
        let text = fs::read_to_string(&self.path).ok()?;
        // Of the text or of an older one, so nothing is missed.
        self.version = Some(version);
        if text.trim().is_empty() {
            return None;
        }
        match serde_json::from_str(&text) {
            Ok(said) => Some(said),
            Err(error) => {
                tracing::warn!(
                    "what the operator says in {} is not understood: {error}",
                    self.path.display()
                );
                None
            }
        }
    }
}

fn version(metadata: &Metadata) -> Version {
    (metadata.dev(), metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_when_it_appears_and_when_another_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("numbers");
        let mut told = Told::new(path.clone());
        let mut news = || told.news::<Vec<u32>>();
        assert_eq!(news(), None);
        let replace = |text: &str| {
            let new = dir.path().join("new");
            fs::write(&new, text).unwrap();
            fs::rename(&new, &path).unwrap();
        };
        replace("[1]");
        assert_eq!(news(), Some(vec![1]));
        assert_eq!(news(), None);
        for garbage in ["garbage", " \n", "[{}]"] {
            replace(garbage);
            assert_eq!(news(), None);
        }
        replace("[1, 2]");
        assert_eq!(news(), Some(vec![1, 2]));
    }
}
