//! Where the new application gets the `hearth` crate from.

use std::path::{Path, PathBuf};

use super::{Error, NewArgs};

/// Where the `hearth` crate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dependency {
    /// In a checkout.
    Path(PathBuf),
    /// In a repository.
    Git(String),
}

impl Dependency {
    /// As the options say, or the checkout in which this binary was built.
    pub(super) fn choose(args: &NewArgs) -> Result<Self, Error> {
        if let Some(url) = &args.hearth_git {
            return Ok(Self::Git(url.clone()));
        }
        if let Some(path) = &args.hearth_path {
            return checkout(path).map(Self::Path).ok_or_else(|| Error::NotHearth { path: path.clone() });
        }
        // Not where the binary is: Cargo's target directory may be anywhere, and `cargo install` moves it.
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .find_map(checkout)
            .map(Self::Path)
            .ok_or(Error::NoHearth)
    }

    /// The value of the entry in `Cargo.toml`.
    pub(super) fn entry(&self) -> String {
        match self {
            Self::Path(checkout) => {
                format!("{{ path = {:?} }}", checkout.join("crates/hearth").display().to_string())
            }
            Self::Git(url) => format!("{{ git = {url:?} }}"),
        }
    }

    /// What `docker build` needs beside the folder of the application: a checkout is outside of it.
    pub(super) fn build_option(&self) -> String {
        match self {
            Self::Path(checkout) => format!(" --build-context hearth={}", checkout.display()),
            Self::Git(_) => String::new(),
        }
    }

    /// The lines of the Dockerfile that bring a checkout into the image that builds.
    pub(super) fn copy_lines(&self) -> String {
        match self {
            Self::Path(checkout) => {
                // No more than Cargo reads: not every builder knows the checkout's .dockerignore.
                let to = checkout.display();
                format!(
                    "# Hearth, at the path that Cargo.toml has.\nCOPY --from=hearth Cargo.toml {to}/\n\
                     COPY --from=hearth crates {to}/crates\n"
                )
            }
            Self::Git(_) => String::new(),
        }
    }

    /// The versions of everything that Hearth was tested with.
    pub(super) fn lock_file(&self) -> Option<Vec<u8>> {
        match self {
            Self::Path(checkout) => std::fs::read(checkout.join("Cargo.lock")).ok(),
            Self::Git(_) => None,
        }
    }
}

/// The folder as an absolute path, if it is a checkout of Hearth.
fn checkout(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let manifest = std::fs::read_to_string(folder.join("crates/hearth/Cargo.toml")).ok()?;
    manifest.lines().any(|line| line.trim() == "name = \"hearth\"").then_some(folder)
}
