//! Why bytes could not be stored, read or understood.

use std::path::{Path, PathBuf};

use hearth_types::BlockId;

/// Why bytes could not be stored, read or understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A record's `Serialize` refused.
    #[error("serialise a record")]
    Encode {
        /// What the serialiser said.
        source: postcard::Error,
    },
    /// Bytes are not a record of the type that is asked for.
    #[error("deserialise a record")]
    Decode {
        /// What the deserialiser said.
        source: postcard::Error,
    },
    /// Bytes are damaged.
    #[error("corrupt data: {0}")]
    Corrupt(Corruption),
    /// A file below the local directory could not be used.
    #[error("{0}")]
    File(Box<FileError>),
    /// A cached partition holds values of another type than is asked for.
    #[error("block {block} holds values of another type")]
    Type {
        /// Which block.
        block: BlockId,
    },
    /// A partitioner gave a partition that does not exist.
    #[error("the partitioner gave partition {partition} of {partitions}")]
    Partition {
        /// What it gave.
        partition: u32,
        /// How many there are.
        partitions: usize,
    },
    /// A peer's block could not be fetched.
    #[error("fetch block {block} from {address}: {message}")]
    Fetch {
        /// Which block.
        block: BlockId,
        /// Whom we asked.
        address: Box<str>,
        /// What went wrong.
        message: Box<str>,
    },
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether bytes were read but were wrong, so that reading them again may help.
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Corrupt(_) | Self::Decode { .. } => true,
            Self::Encode { .. }
            | Self::File(_)
            | Self::Type { .. }
            | Self::Partition { .. }
            | Self::Fetch { .. } => false,
        }
    }

    /// Whether a file is not there: somebody removed its block, or somebody else's hand was in the directory.
    pub(crate) fn is_missing_file(&self) -> bool {
        matches!(self, Self::File(error) if error.source.kind() == std::io::ErrorKind::NotFound)
    }

    /// For `map_err` after an operation on a file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File(Box::new(FileError { action, path: path.to_owned(), source }))
    }

    /// The whole chain in one line, for messages that travel as text.
    pub fn chain(&self) -> String {
        hearth_types::error_chain(self)
    }
}

/// What is wrong with damaged bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corruption {
    /// A frame ends before its header says so.
    #[error("a frame is cut off")]
    Truncated,
    /// A frame does not begin like one.
    #[error("a frame begins with byte {0:#04x}")]
    Header(u8),
    /// The checksum differs.
    #[error("checksum {found:#010x}, expected {expected:#010x}")]
    Checksum {
        /// Of the bytes that were read.
        found: u32,
        /// What was written.
        expected: u32,
    },
    /// A compressed frame does not decompress to what its header says.
    #[error("a frame does not decompress")]
    Compression,
    /// A frame has bytes after its last record.
    #[error("a frame has {0} bytes after its last record")]
    Trailing(usize),
    /// An index file is not one, or does not fit its data file.
    #[error("a shuffle index does not fit its data")]
    Index,
    /// A file has another length than was written.
    #[error("a file has {found} bytes, expected {expected}")]
    Length {
        /// What there is.
        found: u64,
        /// What was written.
        expected: u64,
    },
}

/// A file operation that failed, with what a user can do about it.
#[derive(Debug)]
pub struct FileError {
    /// What was tried.
    pub action: &'static str,
    /// On which file or directory.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

impl FileError {
    fn advice(&self) -> &'static str {
        match self.source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "; free space there or set spark.local.dir to a larger disk"
            }
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                "; set spark.local.dir to a directory that can be written"
            }
            _ => "",
        }
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}{}", self.action, self.path.display(), self.source, self.advice())
    }
}
