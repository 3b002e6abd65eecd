//! Why a command could not do its work, and with which exit status it then ends.

use std::path::PathBuf;

use hearth_crd::{FieldError, ReadError};
use hearth_operator::settings::LeaseTimesError;
use hearth_types::error_chain;

use crate::{cluster_client, new};

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
    /// Whoever read stdout has seen enough.
    #[error("nobody reads stdout any more")]
    ReaderGone,
    #[error(transparent)]
    Cluster(#[from] cluster_client::Error),
    #[error("{problem}")]
    NoLog { problem: String },
    #[error(
        "application {name} has not ended ({state}); see what it does: hearth status {name}; to end it and begin again: \
         hearth rerun {name} --now"
    )]
    NotEnded { name: String, state: String },
    #[error("write a copy of the application to {path:?}: {source}")]
    WriteCopy { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    New(#[from] new::Error),
    #[error("--leader-election: {0}")]
    LeaseTimes(#[from] LeaseTimesError),
    #[error("{}", error_chain(source))]
    Operator { source: Box<hearth_operator::run::Error> },
}

impl Error {
    /// What to tell the user, one line each.
    pub(crate) fn sentences(&self) -> Vec<String> {
        match self {
            Self::Settings(problems) => problems.iter().map(ToString::to_string).collect(),
            Self::ReaderGone => Vec::new(),
            one => vec![one.to_string()],
        }
    }

    /// 2 where the user gave something wrong, 1 where this machine or the cluster refused.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::ReadManifest { .. }
            | Self::ManifestEncoding { .. }
            | Self::Manifest(_)
            | Self::Field(_)
            | Self::Conf { .. }
            | Self::Setting(_)
            | Self::Settings(_)
            | Self::LeaseTimes(_) => 2,
            Self::Cluster(error) if error.is_usage() => 2,
            Self::New(error) if error.is_usage() => 2,
            // As a shell has it for a program that SIGPIPE ended.
            Self::ReaderGone => 141,
            Self::Home { .. }
            | Self::CreateDirectory { .. }
            | Self::WriteConf { .. }
            | Self::RemoveDirectory { .. }
            | Self::Signals { .. }
            | Self::Wait { .. }
            | Self::Stdout { .. }
            | Self::Cluster(_)
            | Self::NoLog { .. }
            | Self::NotEnded { .. }
            | Self::WriteCopy { .. }
            | Self::New(_)
            | Self::Operator { .. } => 1,
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
