//! The files of the project.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The root folder of the checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// One Rust source file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

/// Where Rust sources are.
const SOURCE_FOLDERS: [&str; 4] = ["crates", "examples", "tests", "xtask"];

impl Workspace {
    /// The workspace that this program was built in.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = xtask.parent().context("xtask lies in the workspace")?.to_owned();
        Ok(Self { root })
    }

    /// The root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A file or folder, by its path relative to the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file, by its path relative to the root.
    pub(crate) fn read(&self, relative: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("read {relative}"))
    }

    /// All Rust sources, sorted by path.
    pub(crate) fn sources(&self) -> anyhow::Result<Vec<Source>> {
        let mut paths = Vec::new();
        for folder in SOURCE_FOLDERS {
            collect(&self.root, folder, &mut paths)?;
        }
        paths.sort();
        paths.retain(|path| path.ends_with(".rs"));
        paths.into_iter().map(|path| Ok(Source { text: self.read(&path)?, path })).collect()
    }

    /// The manifests of all packages: path relative to the root, and text.
    pub(crate) fn manifests(&self) -> anyhow::Result<Vec<Source>> {
        let mut paths = vec![
            "examples/Cargo.toml".to_owned(),
            "examples/image/Cargo.toml".to_owned(),
            "tests/Cargo.toml".to_owned(),
            "tests/kubernetes/Cargo.toml".to_owned(),
            "xtask/Cargo.toml".to_owned(),
        ];
        paths.extend(self.folder("crates")?.into_iter().map(|name| format!("crates/{name}/Cargo.toml")));
        paths.retain(|path| self.path(path).exists());
        paths.into_iter().map(|path| Ok(Source { text: self.read(&path)?, path })).collect()
    }

    /// The names in a folder, sorted; none if it does not exist.
    pub(crate) fn folder(&self, relative: &str) -> anyhow::Result<Vec<String>> {
        let path = self.path(relative);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).with_context(|| format!("list {relative}"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }
}

impl Source {
    /// Whether the file is made by a program.
    pub(crate) fn is_generated(&self) -> bool {
        self.path.contains("/generated/") || self.text.starts_with("// This file is @generated")
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || name == "tests.rs"
            || name.ends_with("_test.rs")
    }

    /// Whether the file is input of a compile-fail test, which is wrong on purpose.
    pub(crate) fn is_compile_fail(&self) -> bool {
        self.path.contains("/ui/")
            || self.path.contains("/compile_fail/")
            || self.path.contains("/compile-fail/")
    }
}

fn collect(root: &Path, relative: &str, paths: &mut Vec<String>) -> anyhow::Result<()> {
    let Ok(entries) = fs::read_dir(root.join(relative)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{relative}/{name}");
        if entry.file_type()?.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(root, &path, paths)?;
            }
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
