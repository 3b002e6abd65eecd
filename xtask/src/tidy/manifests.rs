//! Every package follows the workspace's lints.

use super::Finding;
use crate::workspace::Source;

/// The manifest says `[lints] workspace = true`.
pub(super) fn check(manifest: &Source) -> Vec<Finding> {
    let lines = manifest.text.lines().map(str::trim);
    let mut section =
        lines.skip_while(|line| *line != "[lints]").skip(1).take_while(|line| !line.starts_with('['));
    if section.any(|line| line.replace(' ', "") == "workspace=true") {
        return Vec::new();
    }
    vec![Finding::file(&manifest.path, "must say `workspace = true` under `[lints]`")]
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    fn found(text: &str) -> usize {
        check(&source("crates/a/Cargo.toml", text)).len()
    }

    #[test]
    fn a_manifest_without_the_lints_is_found() {
        assert_eq!(found("[package]\nname = \"a\"\n"), 1);
        assert_eq!(found("[lints]\n[dependencies]\nworkspace = true\n"), 1);
        assert_eq!(found("[lints.rust]\nunused = \"allow\"\n"), 1);
    }

    #[test]
    fn a_manifest_with_them_is_fine() {
        assert_eq!(found("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n\n[dependencies]\n"), 0);
    }
}
