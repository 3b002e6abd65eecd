//! The directory of everything that an application keeps on this machine's disk.

use std::path::{Path, PathBuf};

use hearth_conf::SparkConf;
use hearth_conf::entries::application::LOCAL_DIR;
use hearth_types::pod::{APP_DIR, LOCAL_DIRS};
use tempfile::TempDir;

use super::start_error;
use crate::error::Result;

/// A directory that only this user may look into: in that of the launcher, in the first of `SPARK_LOCAL_DIRS`, or of
/// `spark.local.dir`, or where the system keeps temporary files. The driver deletes it when the application stops.
/// Until `keep`, it goes when this value goes: an application that does not start leaves nothing.
pub(super) struct AppDir {
    dir: TempDir,
    root: PathBuf,
}

impl AppDir {
    pub(super) fn new(conf: &SparkConf) -> Result<Self> {
        if let Some(root) = launchers() {
            // Several contexts of one program, one after the other, each have their own part.
            return Ok(Self { dir: make_in(&root)?, root });
        }
        let dirs = match std::env::var(LOCAL_DIRS) {
            Ok(dirs) if !dirs.is_empty() => dirs.split(',').next().map(PathBuf::from),
            _ => conf.get_entry(&LOCAL_DIR)?.and_then(|dirs| dirs.into_iter().next()),
        };
        let dir = make_in(&dirs.unwrap_or_else(std::env::temp_dir))?;
        Ok(Self { root: dir.path().to_owned(), dir })
    }

    /// Where this application keeps its files.
    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// From now on the driver deletes it.
    pub(super) fn keep(self) {
        drop(self.dir.keep());
    }

    /// What nobody needs any more once the driver is gone: the launcher's directory, if there is one.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// The directory that `hearth run` made for this application; it deletes it too, also when the driver could not.
pub(super) fn launchers() -> Option<PathBuf> {
    std::env::var_os(APP_DIR).map(PathBuf::from)
}

fn make_in(parent: &Path) -> Result<TempDir> {
    let doing = format!("make a directory in {}", parent.display());
    std::fs::create_dir_all(parent).map_err(start_error(&doing))?;
    let prefix = format!("hearth-{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(start_error(&doing))
}
