//! The compressions of text files. Spark: Hadoop's `CompressionCodecFactory` and codec classes.
//!
//! Chosen by a file's extension when reading, and by name when writing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A compression of whole files. None of them can be read from the middle, so such a file is one split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// `.gz`, one or more members.
    Gzip,
    /// `.bz2`, one or more streams.
    Bzip2,
    /// `.zst`, one or more frames.
    Zstd,
}

impl Codec {
    /// The codec for files of this name, `None` for plain data.
    ///
    /// # Errors
    /// `UnsupportedCodec` for an extension that Hadoop would decompress and we cannot.
    pub fn of_file(path: &str) -> Result<Option<Self>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some((_, extension)) = name.rsplit_once('.') else { return Ok(None) };
        match extension.to_ascii_lowercase().as_str() {
            "gz" => Ok(Some(Self::Gzip)),
            "bz2" => Ok(Some(Self::Bzip2)),
            "zst" => Ok(Some(Self::Zstd)),
            "deflate" | "snappy" | "lz4" | "lzo" | "lzo_deflate" => {
                Err(Error::UnsupportedCodec { name: path.to_string() })
            }
            _ => Ok(None),
        }
    }

    /// The codec of a Hadoop class name (`org.apache.hadoop.io.compress.GzipCodec`), of its simple name, or of
    /// a short name (`gzip`, `bzip2`, `zstd`).
    ///
    /// # Errors
    /// `UnsupportedCodec` for any other name.
    pub fn by_name(name: &str) -> Result<Self> {
        let simple = name.strip_prefix("org.apache.hadoop.io.compress.").unwrap_or(name);
        match simple.to_ascii_lowercase().as_str() {
            "gzipcodec" | "gzip" | "gz" => Ok(Self::Gzip),
            "bzip2codec" | "bzip2" | "bz2" => Ok(Self::Bzip2),
            "zstandardcodec" | "zstandard" | "zstd" | "zst" => Ok(Self::Zstd),
            _ => Err(Error::UnsupportedCodec { name: name.to_string() }),
        }
    }

    /// The extension that its files carry, with the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Zstd => ".zst",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
        })
    }
}
