//! Files that programs make: written on demand, compared by `tidy`.

use std::fs;

use anyhow::Context;

use crate::tidy::Finding;
use crate::workspace::Workspace;

/// One generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    /// Relative to the root of the workspace.
    pub(crate) path: String,
    /// What must be in it.
    pub(crate) text: String,
    /// The command that writes it.
    pub(crate) command: &'static str,
}

/// Writes the files that are not fresh.
pub(crate) fn write(workspace: &Workspace, files: Vec<Generated>) -> anyhow::Result<()> {
    for file in files {
        if is_fresh(workspace, &file) {
            crate::say(&format!("{} is fresh", file.path));
            continue;
        }
        let path = workspace.path(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &file.text).with_context(|| format!("write {}", file.path))?;
        crate::say(&format!("wrote {}", file.path));
    }
    Ok(())
}

/// A finding for each file that is not fresh.
pub(crate) fn check(workspace: &Workspace, files: &[Generated]) -> Vec<Finding> {
    let stale = files.iter().filter(|file| !is_fresh(workspace, file));
    stale.map(|file| Finding::file(&file.path, format!("is not fresh; run `{}`", file.command))).collect()
}

fn is_fresh(workspace: &Workspace, file: &Generated) -> bool {
    workspace.read(&file.path).is_ok_and(|text| text == file.text)
}
