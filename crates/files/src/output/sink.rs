//! Compression on the way to the store. Spark: Hadoop's `CompressionOutputStream`s.

use std::fmt;
use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use crate::codec::Codec;
use crate::store::Upload;

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// An open part file. Its calls are not cheap; [`super::TaskOutput`] collects records before it.
pub(super) enum Sink {
    Plain(Upload),
    Gzip(GzEncoder<Upload>),
    Bzip2(BzEncoder<Upload>),
    Zstd(ZstdEncoder<'static, Upload>),
}

impl Sink {
    pub(super) fn new(upload: Upload, codec: Option<Codec>) -> io::Result<Self> {
        Ok(match codec {
            None => Self::Plain(upload),
            Some(Codec::Gzip) => Self::Gzip(GzEncoder::new(upload, flate2::Compression::default())),
            Some(Codec::Bzip2) => Self::Bzip2(BzEncoder::new(upload, bzip2::Compression::best())),
            Some(Codec::Zstd) => Self::Zstd(ZstdEncoder::new(upload, ZSTD_LEVEL)?),
        })
    }

    /// Writes the compressor's rest and returns the upload, not yet finished.
    pub(super) fn finish(self) -> io::Result<Upload> {
        match self {
            Self::Plain(upload) => Ok(upload),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Bzip2(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }

    /// Bytes handed to the store, after compression.
    pub(super) fn written(&self) -> u64 {
        match self {
            Self::Plain(upload) => upload.written(),
            Self::Gzip(encoder) => encoder.get_ref().written(),
            Self::Bzip2(encoder) => encoder.get_ref().written(),
            Self::Zstd(encoder) => encoder.get_ref().written(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(upload) => upload.write(data),
            Self::Gzip(encoder) => encoder.write(data),
            Self::Bzip2(encoder) => encoder.write(data),
            Self::Zstd(encoder) => encoder.write(data),
        }
    }

    /// Compressed data would only become longer by being flushed.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codec = match self {
            Self::Plain(_) => "plain",
            Self::Gzip(_) => "gzip",
            Self::Bzip2(_) => "bzip2",
            Self::Zstd(_) => "zstd",
        };
        f.debug_struct("Sink").field("codec", &codec).field("written", &self.written()).finish()
    }
}
