//! The directory of one run: the driver's configuration, and whatever the application keeps on disk.
//!
//! Spark: the directories below `spark.local.dir`.
//! Only this user may look into it, because the configuration may hold secrets.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::conf::Conf;
use crate::error::Error;

/// How often the removal is tried again when processes of the application still write into the directory.
const REMOVALS: u32 = 20;

/// The directory of one run. Removed when dropped.
pub(super) struct AppDir {
    directory: TempDir,
    conf_file: PathBuf,
}

impl AppDir {
    /// Creates `hearth-<pid>-…` below the first of `spark.local.dir`, or below the system's directory for
    /// temporary files, with the configuration in it as one JSON object.
    pub(super) fn create(conf: &Conf) -> Result<Self, Error> {
        let parent = parent(conf);
        let created = fs::create_dir_all(&parent).and_then(|()| {
            tempfile::Builder::new()
                .prefix(&format!("hearth-{}-", std::process::id()))
                .permissions(fs::Permissions::from_mode(0o700))
                .tempdir_in(&parent)
        });
        let directory = created.map_err(|source| Error::CreateDirectory { path: parent, source })?;
        let conf_file = directory.path().join("conf.json");
        write_private(&conf_file, conf)
            .map_err(|source| Error::WriteConf { path: conf_file.clone(), source })?;
        Ok(Self { directory, conf_file })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn conf_file(&self) -> &Path {
        &self.conf_file
    }

    /// Removes the directory with all that is in it.
    ///
    /// Executors whose driver was killed may go on writing for a moment, so a failure is tried again.
    pub(super) fn remove(self) -> Result<(), Error> {
        let path = self.directory.keep();
        let mut result = remove_all(&path);
        for _ in 0..REMOVALS {
            if result.is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
            result = remove_all(&path);
        }
        result.map_err(|source| Error::RemoveDirectory { path, source })
    }
}

fn remove_all(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        // The driver removed it first.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn parent(conf: &Conf) -> PathBuf {
    let first = conf.get("spark.local.dir").and_then(|list| list.split(',').map(str::trim).next());
    match first.filter(|directory| !directory.is_empty()) {
        Some(directory) => std::path::absolute(directory).unwrap_or_else(|_| PathBuf::from(directory)),
        None => std::env::temp_dir(),
    }
}

fn write_private(path: &Path, conf: &Conf) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let fields = conf.iter().map(|(key, value)| (key.clone(), value.clone().into()));
    let object = serde_json::Value::Object(fields.collect());
    file.write_all(object.to_string().as_bytes())
}
