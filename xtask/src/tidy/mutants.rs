//! The bugs that the simulator must find can still be put back into the scheduler.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

use super::Finding;

const MUTANTS: &str = "crates/scheduler-sim/mutants";

/// Every patch of the mutants applies to the sources below `root`.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let folder = root.join(MUTANTS);
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("read {MUTANTS}"))? {
        let patch = entry?.path();
        if patch.extension().is_none_or(|extension| extension != "patch") {
            continue;
        }
        let git = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(root).output();
        let git = git.context("start git")?;
        if !git.status.success() {
            let place = patch.strip_prefix(root)?.display().to_string();
            let said = String::from_utf8_lossy(&git.stderr);
            let said = said.lines().next().unwrap_or_default().to_owned();
            findings.push(Finding::file(
                &place,
                format!("does not apply any more ({said}); make the bug anew and run mutants/check.sh"),
            ));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_whose_lines_are_gone_is_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(MUTANTS);
        std::fs::create_dir_all(&folder).unwrap();
        let patch = "--- a/code\n+++ b/code\n@@ -1,2 +1 @@\n-check\n act\n";
        std::fs::write(folder.join("no-check.patch"), patch).unwrap();
        std::fs::write(root.path().join("code"), "check\nact\n").unwrap();
        assert_eq!(check(root.path()).unwrap(), []);

        std::fs::write(root.path().join("code"), "act\n").unwrap();
        let found = check(root.path()).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("no-check.patch: does not apply any more"), "{}", found[0]);
    }
}
