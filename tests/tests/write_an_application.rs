//! `docs/write-an-application.md`, followed word by word.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hearth_tests::{binary, blocks, follow, workspace};

/// Crates of the workspace are built for this test as the workspace builds them, so that it is quick.
fn profile_of_own_crates() -> String {
    let crates = fs::read_dir(workspace().join("crates")).unwrap();
    let names = crates.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let used = names.filter(|name| {
        [
            "types",
            "conf",
            "scheduler",
            "rpc",
            "storage",
            "files",
            "rdd",
            "cluster",
            "driver",
            "executor",
            "status",
        ]
        .contains(&name.as_str())
    });
    let packages = used.map(|name| format!("hearth-{name}")).chain(["hearth".to_owned()]);
    packages
        .map(|name| format!("[profile.dev.package.{name}]\nopt-level = 0\ndebug = \"line-tables-only\"\n"))
        .collect()
}

#[test]
fn the_page_is_true() {
    let page = fs::read_to_string(workspace().join("docs/write-an-application.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() >= 8, "{blocks:?}");
    // Always the same folder, so that what Cargo makes of it replaces what it made of it before.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("write-an-application");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(folder.join(".cargo")).unwrap();
    fs::write(folder.join(".cargo/config.toml"), profile_of_own_crates()).unwrap();

    let hearth = binary("hearth");
    let binaries = hearth.parent().unwrap();
    // Alone, as some examples have the names of commands.
    let on_path = folder.join(".bin");
    fs::create_dir(&on_path).unwrap();
    symlink(&hearth, on_path.join("hearth")).unwrap();
    let path = format!("{}:{}", on_path.display(), std::env::var("PATH").unwrap());
    // Dependencies that are built already are not built again.
    let target = binaries.parent().unwrap();
    let prepare =
        format!("if [ -f Cargo.toml ] && [ ! -e target ]; then ln -s {} target; fi", target.display());
    // What Cargo says about this test is not meant for the application.
    let clean: String = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("CARGO") && !["CARGO_HOME"].contains(&name.as_str()))
        .map(|name| format!("unset {name}; "))
        .collect();
    let prepare = format!("{clean}{prepare}");
    let environment = [
        ("PATH", path),
        ("KUBECONFIG", String::new()),
        ("LC_ALL", "C".to_owned()),
        ("RUST_BACKTRACE", "0".to_owned()),
    ];
    follow(&blocks, &folder, &prepare, &environment);
}
