//! The directory of everything that an application keeps on this machine's disk.

use std::path::{Path, PathBuf};

use hearth_conf::SparkConf;
use hearth_conf::entries::application::LOCAL_DIR;

use super::start_error;
use crate::error::Result;

/// Where `hearth run` wants it; `hearth run` deletes it too, also when the driver could not.
const APP_DIR: &str = "HEARTH_APP_DIR";

/// A directory that only this user may look into. The driver deletes it when the application stops.
pub(super) struct AppDir(PathBuf);

impl AppDir {
    pub(super) fn new(conf: &SparkConf) -> Result<Self> {
        if let Some(dir) = std::env::var_os(APP_DIR) {
            // Several contexts of one program, one after the other, each have their own part.
            return Self::made(Path::new(&dir));
        }
        let parent = conf.get_entry(&LOCAL_DIR)?.and_then(|dirs| dirs.into_iter().next()).unwrap_or_else(std::env::temp_dir);
        Self::made(&parent)
    }

    fn made(parent: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| start_error(&format!("make a directory in {}", parent.display()), &error);
        std::fs::create_dir_all(parent).map_err(failed)?;
        let made = tempfile::Builder::new().prefix(&format!("hearth-{}-", std::process::id())).tempdir_in(parent);
        Ok(Self(made.map_err(failed)?.keep()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}
