//! Why a command could not do its work, and with which exit status it then ends.

use std::path::PathBuf;

use hearth_crd::{FieldError, ReadError};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{file}: {}", io_sentence(source))]
    ReadManifest { file: String, source: std::io::Error },
    #[error("{file}: not a text; a manifest is YAML or JSON in UTF-8")]
    ManifestEncoding { file: String },
    #[error(transparent)]
    Manifest(#[from] ReadError),
    #[error("{0}")]
    Field(FieldError),
    #[error("--conf {option}: {problem}")]
    Conf { option: String, problem: String },
    /// A setting that neither an option nor `sparkConf` gave as it is.
    #[error("{0}")]
    Setting(hearth_conf::Error),
    /// Everything that is wrong with the settings, one sentence each.
    #[error("{}", lines(.0))]
    Settings(Vec<Self>),
    #[error("find the folder of this binary: {source}")]
    Home { source: std::io::Error },
    #[error("create an application directory below {path:?}: {source}")]
    CreateDirectory { path: PathBuf, source: std::io::Error },
    #[error("write {path:?}: {source}")]
    WriteConf { path: PathBuf, source: std::io::Error },
    #[error("remove the application directory {path:?}: {source}")]
    RemoveDirectory { path: PathBuf, source: std::io::Error },
    #[error("listen for signals: {source}")]
    Signals { source: std::io::Error },
    #[error("wait for the driver: {source}")]
    Wait { source: std::io::Error },
    #[error("write to stdout: {source}")]
    Stdout { source: std::io::Error },
}

impl Error {
    /// What to tell the user, one line each.
    pub(crate) fn sentences(&self) -> Vec<String> {
        match self {
            Self::Settings(problems) => problems.iter().map(ToString::to_string).collect(),
            one => vec![one.to_string()],
        }
    }

    /// 2 where the user gave something wrong, 1 where this machine refused.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::ReadManifest { .. }
            | Self::ManifestEncoding { .. }
            | Self::Manifest(_)
            | Self::Field(_)
            | Self::Conf { .. }
            | Self::Setting(_)
            | Self::Settings(_) => 2,
            Self::Home { .. }
            | Self::CreateDirectory { .. }
            | Self::WriteConf { .. }
            | Self::RemoveDirectory { .. }
            | Self::Signals { .. }
            | Self::Wait { .. }
            | Self::Stdout { .. } => 1,
        }
    }
}

fn lines(problems: &[Error]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The operating system's words for the common causes, without its numbers.
fn io_sentence(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "a directory; a manifest file is expected".to_owned(),
        _ => error.to_string(),
    }
}
