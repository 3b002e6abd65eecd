//! Why a file could not be found, read or written. Every message names the file.
//!
//! Where Spark's users know a sentence (`Input path does not exist: …`), it is that sentence.

use std::fmt;

use crate::codec::Codec;

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One input path that leads to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputProblem {
    /// A path without wildcards that names nothing, or something hidden.
    DoesNotExist(String),
    /// A pattern that nothing matches.
    MatchesNothing(String),
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotExist(path) => write!(f, "Input path does not exist: {path}"),
            Self::MatchesNothing(pattern) => write!(f, "Input Pattern {pattern} matches 0 files"),
        }
    }
}

/// Why a file could not be found, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One sentence for each path of the comma list that leads to nothing. Spark: `InvalidInputException`.
    #[error("{}", lines(.0))]
    InvalidInput(Vec<InputProblem>),
    /// A directory among the files of an input directory that is not read recursively.
    #[error("Not a file: {path}")]
    NotAFile {
        /// The nested directory.
        path: String,
    },
    /// An empty path, or an empty entry of a comma list.
    #[error("cannot create a path from an empty string (in {paths:?})")]
    EmptyPath {
        /// The list as it was given.
        paths: String,
    },
    /// A scheme that no store serves.
    #[error(
        "path {path}: the scheme `{scheme}` is not supported; supported are paths of this machine, plain or with file://"
    )]
    UnsupportedScheme {
        /// The path as it was given.
        path: String,
        /// Its scheme.
        scheme: String,
    },
    /// A path that the store cannot address.
    #[error("path {path} cannot be used: {reason}")]
    InvalidPath {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A glob that does not parse.
    #[error("illegal file pattern {pattern}: {reason}")]
    InvalidPattern {
        /// The pattern as it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A compression that Hadoop has and Hearth does not.
    #[error("{name}: this compression is not supported; supported are gzip, bzip2 and zstd")]
    UnsupportedCodec {
        /// The file, or the codec's name.
        name: String,
    },
    /// The directory to save into is there already. Spark: `FileAlreadyExistsException`.
    #[error("Output directory {path} already exists")]
    OutputExists {
        /// The directory.
        path: String,
    },
    /// A task or a commit came to a job whose working directory is gone: it was committed or aborted.
    #[error("output job {id} of {path} is not open: it was committed or aborted")]
    JobNotOpen {
        /// The output directory.
        path: String,
        /// The job's id.
        id: String,
    },
    /// A partition that should have been committed is not there.
    #[error("output job of {path}: part {name} was not committed by any task")]
    MissingPart {
        /// The output directory.
        path: String,
        /// The part's file name.
        name: String,
    },
    /// Compressed data that ends early.
    #[error("{path}: the {codec} data ends before its end mark after {offset} bytes: the file is truncated")]
    Truncated {
        /// The file.
        path: String,
        /// Its compression.
        codec: Codec,
        /// Compressed bytes read.
        offset: u64,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// Compressed data that does not decompress.
    #[error("{path}: the {codec} data is damaged near byte {offset}")]
    Damaged {
        /// The file.
        path: String,
        /// Its compression.
        codec: Codec,
        /// Compressed bytes read.
        offset: u64,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// A line longer than the limit.
    #[error(
        "{path}: the line at byte {offset} is longer than {limit} bytes; \
         raise {key} to read it",
        key = crate::MAX_LINE_LENGTH_KEY
    )]
    LineTooLong {
        /// The file.
        path: String,
        /// Where the line begins, in decompressed bytes.
        offset: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file too large to be one record.
    #[error("{path} is larger than {limit} bytes and cannot be read as one record")]
    FileTooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file or directory that was there before and is not now.
    #[error("{path} is not there, or is not a file")]
    NotFound {
        /// The file.
        path: String,
        /// What the store said.
        source: BoxError,
    },
    /// The store failed.
    #[error("{operation} {path}")]
    Store {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The file.
        path: String,
        /// What the store said.
        source: BoxError,
    },
}

/// The source of a store's error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    pub(crate) fn store(
        operation: &'static str,
        path: impl Into<String>,
        source: object_store::Error,
    ) -> Self {
        let path = path.into();
        match source {
            object_store::Error::NotFound { source, .. } => Self::NotFound { path, source },
            object_store::Error::InvalidPath { source } => {
                Self::InvalidPath { path, reason: source.to_string() }
            }
            source => Self::Store { operation, path, source: Box::new(source) },
        }
    }

    pub(crate) fn io(operation: &'static str, path: impl Into<String>, source: std::io::Error) -> Self {
        let path = path.into();
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound { path, source: Box::new(source) };
        }
        Self::Store { operation, path, source: Box::new(source) }
    }

    /// An error that came through `std::io`: the [`Error`] inside of it, or else a failure to do `operation`.
    pub fn from_io(operation: &'static str, path: &str, error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::io(operation, path, error),
        }
    }

    /// Whether a file is there but its content cannot be had: what `spark.files.ignoreCorruptFiles` is about.
    pub(crate) fn is_unreadable(&self) -> bool {
        matches!(self, Self::Truncated { .. } | Self::Damaged { .. } | Self::Store { .. })
    }

    /// Whether the same call may succeed later without anybody changing the input or the program.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store { .. } => true,
            Self::InvalidInput(_)
            | Self::NotAFile { .. }
            | Self::EmptyPath { .. }
            | Self::UnsupportedScheme { .. }
            | Self::InvalidPath { .. }
            | Self::InvalidPattern { .. }
            | Self::UnsupportedCodec { .. }
            | Self::OutputExists { .. }
            | Self::JobNotOpen { .. }
            | Self::MissingPart { .. }
            | Self::Truncated { .. }
            | Self::Damaged { .. }
            | Self::LineTooLong { .. }
            | Self::FileTooLarge { .. }
            | Self::NotFound { .. } => false,
        }
    }

    /// A short fixed word for metrics and logs.
    pub fn category(&self) -> &'static str {
        match self {
            Self::InvalidInput(_) | Self::NotFound { .. } => "not-found",
            Self::NotAFile { .. }
            | Self::EmptyPath { .. }
            | Self::UnsupportedScheme { .. }
            | Self::InvalidPath { .. }
            | Self::InvalidPattern { .. } => "path",
            Self::UnsupportedCodec { .. } => "codec",
            Self::OutputExists { .. } => "exists",
            Self::JobNotOpen { .. } | Self::MissingPart { .. } => "commit",
            Self::Truncated { .. } | Self::Damaged { .. } => "data",
            Self::LineTooLong { .. } | Self::FileTooLarge { .. } => "limit",
            Self::Store { .. } => "store",
        }
    }
}

/// For errors that pass through `std::io` traits; [`Error::from_io`] takes them out again.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

fn lines(problems: &[InputProblem]) -> String {
    problems.iter().map(InputProblem::to_string).collect::<Vec<_>>().join("\n")
}
