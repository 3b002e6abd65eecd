//! The definitions of the custom resources as YAML: for `kubectl apply` in `crds/`, and for the chart.
//!
//! The chart does not have them in Helm's own `crds/` folder, because Helm never upgrades what is there.
//! A template of the chart reads them from `files/crds/`, so that an upgrade of the release upgrades them.

use crate::generated::Generated;

/// Where the files go.
const FOLDERS: [&str; 2] = ["crds", "charts/hearth/files/crds"];

const HEAD: &str = "# Made by `cargo xtask crds` from crates/crd. Not to be edited.\n";

/// One file per definition and folder.
pub(crate) fn generate() -> Vec<Generated> {
    let mut files = Vec::new();
    for definition in hearth_crd::definitions() {
        let text = format!("{HEAD}{}", definition.to_yaml());
        for folder in FOLDERS {
            let path = format!("{folder}/{}.yaml", definition.name);
            files.push(Generated { path, text: text.clone(), command: "cargo xtask crds" });
        }
    }
    files
}
