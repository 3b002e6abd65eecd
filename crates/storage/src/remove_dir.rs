//! Deletes what blocks, executors and a dead driver leave on disk.

use std::io::ErrorKind;
use std::path::Path;

/// Threads and processes that are about to end may put a file into a directory while it is being emptied, so once may not be enough.
const TRIES: usize = 20;

/// Deletes a directory with all that is in it. That it is gone already is as good; anything else is logged.
pub fn remove_dir(dir: &Path) {
    let mut last = None;
    for _ in 0..TRIES {
        match std::fs::remove_dir_all(dir) {
            Ok(()) => return,
            Err(error) if error.kind() == ErrorKind::NotFound && !dir.exists() => return,
            Err(error) => last = Some(error),
        }
    }
    if let Some(error) = last {
        tracing::warn!("delete {}: {error}", dir.display());
    }
}
