//! Why an application could not be written.

use std::path::PathBuf;

/// Why an application could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{name:?} is not a name of an application: {problem}")]
    Name { name: String, problem: &'static str },
    #[error("{} exists already; choose another name, or remove it", path.display())]
    Exists { path: PathBuf },
    #[error(
        "where Hearth itself is, is not known: the checkout in which this hearth was built is not on this machine; \
         give --hearth-path DIR or --hearth-git URL"
    )]
    NoHearth,
    #[error("--hearth-path {}: no checkout of Hearth; there is no crates/hearth/Cargo.toml in it", path.display())]
    NotHearth { path: PathBuf },
    #[error("write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl Error {
    /// Whether the user gave something wrong.
    pub(crate) fn is_usage(&self) -> bool {
        match self {
            Self::Name { .. } | Self::Exists { .. } | Self::NoHearth | Self::NotHearth { .. } => true,
            Self::Write { .. } => false,
        }
    }
}
