//! Where the programs are, built if they are not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What tests start.
const BINARIES: [&str; 10] = [
    "hearth",
    "pi",
    "word-count",
    "sort",
    "page-rank",
    "k-means",
    "log-mining",
    "transitive-closure",
    "join",
    "dynamic",
];

/// A binary of the workspace, of the profile that this test was built in.
pub fn binary(name: &str) -> PathBuf {
    let path = built().join(name);
    assert!(path.is_file(), "no binary {}", path.display());
    path
}

/// The root of the checkout.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder of binaries. Cargo builds those of other packages only when it is told to, so this tells it, once.
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).unwrap().to_owned();
        // Without Cargo, somebody starts the test by hand and has built what it needs.
        if let Some(cargo) = std::env::var_os("CARGO") {
            build(Command::new(cargo), &folder);
        }
        folder
    })
}

fn build(mut cargo: Command, folder: &Path) {
    // What Cargo says about this package would make build scripts of others run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    // For the whole workspace, so that dependencies have the features that they have in its other builds.
    cargo.args(["build", "--quiet", "--workspace", "--profile", profile]);
    cargo.args(BINARIES.map(|name| format!("--bin={name}")));
    cargo.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(workspace());
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
}
