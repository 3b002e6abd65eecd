//! `hearth new`, without building what it writes; that is for the test of `docs/write-an-application.md`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::path::Path;
use std::process::{Command, Output};

fn new(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearth"));
    // Variables of whoever runs the tests must not change what they see.
    for variable in ["HEARTH_LOG_LEVEL", "HEARTH_LOG_FORMAT", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command.arg("new").args(arguments).current_dir(folder).output().unwrap()
}

fn checkout() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    root.to_str().unwrap().to_owned()
}

fn error(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_application_takes_the_crate_from_the_checkout_and_its_versions_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = new(folder.path(), &["my-app", "--hearth-path", &checkout()]);
    assert!(output.status.success(), "{output:?}");
    let read = |file: &str| std::fs::read_to_string(folder.path().join("my-app").join(file)).unwrap();
    let root = checkout();
    assert!(read("Cargo.toml").contains(&format!("hearth = {{ path = \"{root}/crates/hearth\" }}")));
    assert!(read("Dockerfile").contains(&format!("COPY --from=hearth crates {root}/crates\n")));
    // The lock file lacks the application itself until Cargo was there.
    assert!(!read("Dockerfile").contains("--locked"));
    assert!(
        read("README.md")
            .contains(&format!("docker build --build-context hearth={root} --tag my-app:0.1.0 ."))
    );
    assert!(read("tests/counts.rs").contains("my_app::frequent_words"));
    assert_eq!(read("Cargo.lock"), std::fs::read_to_string(Path::new(&root).join("Cargo.lock")).unwrap());
}

#[test]
fn the_checkout_is_found_wherever_the_binary_lies() {
    let folder = tempfile::tempdir().unwrap();
    let moved = folder.path().join("hearth");
    // By another process: a child that this one starts meanwhile would keep the copy open, and so not executable.
    let copy = Command::new("cp").arg(env!("CARGO_BIN_EXE_hearth")).arg(&moved).status();
    assert!(copy.unwrap().success());
    let output = Command::new(moved).args(["new", "a"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let manifest = std::fs::read_to_string(folder.path().join("a/Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("path = \"{}/crates/hearth\"", checkout())), "{manifest}");
}

#[test]
fn the_crate_may_come_from_a_repository() {
    let folder = tempfile::tempdir().unwrap();
    let output = new(folder.path(), &["a", "--hearth-git", "https://example.com/hearth.git"]);
    assert!(output.status.success(), "{output:?}");
    let manifest = std::fs::read_to_string(folder.path().join("a/Cargo.toml")).unwrap();
    assert!(manifest.contains("hearth = { git = \"https://example.com/hearth.git\" }\n"), "{manifest}");
    let dockerfile = std::fs::read_to_string(folder.path().join("a/Dockerfile")).unwrap();
    assert!(!dockerfile.contains("--from=hearth"), "{dockerfile}");
}

#[test]
fn what_exists_is_left_alone_and_names_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("there")).unwrap();
    let path = ["--hearth-path", &checkout()];
    let refused = error(&new(folder.path(), &[&["there"], &path[..]].concat()), 2);
    assert_eq!(refused, "error: there exists already; choose another name, or remove it\n");
    assert_eq!(std::fs::read_dir(folder.path().join("there")).unwrap().count(), 0);
    let refused = error(&new(folder.path(), &[&["My_App"], &path[..]].concat()), 2);
    assert_eq!(
        refused,
        "error: \"My_App\" is not a name of an application: begin it with a small letter, and do not end it with a dash\n"
    );
    let refused = error(&new(folder.path(), &["a", "--hearth-path", "/"]), 2);
    assert_eq!(
        refused,
        "error: --hearth-path /: no checkout of Hearth; there is no crates/hearth/Cargo.toml in it\n"
    );
    assert!(!folder.path().join("a").exists());
}
