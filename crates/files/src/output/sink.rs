//! Compression on the way to the store. Spark: Hadoop's `CompressionOutputStream`s.

use std::fmt;
use std::io::{self, BufWriter, Write};

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use zstd::stream::write::Encoder as ZstdEncoder;

use crate::codec::Codec;
use crate::store::Upload;

/// Records are small and a call into a compressor is not.
const UNCOMPRESSED_BUFFER: usize = 64 << 10;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// An open part file.
pub(super) enum Sink {
    Plain(Upload),
    Gzip(BufWriter<GzEncoder<Upload>>),
    Bzip2(BufWriter<BzEncoder<Upload>>),
    Zstd(BufWriter<ZstdEncoder<'static, Upload>>),
}

impl Sink {
    pub(super) fn new(upload: Upload, codec: Option<Codec>) -> io::Result<Self> {
        Ok(match codec {
            None => Self::Plain(upload),
            Some(Codec::Gzip) => Self::Gzip(buffered(GzEncoder::new(upload, flate2::Compression::default()))),
            Some(Codec::Bzip2) => Self::Bzip2(buffered(BzEncoder::new(upload, bzip2::Compression::best()))),
            Some(Codec::Zstd) => Self::Zstd(buffered(ZstdEncoder::new(upload, ZSTD_LEVEL)?)),
        })
    }

    /// Writes the compressor's rest and returns the upload, not yet finished.
    pub(super) fn finish(self) -> io::Result<Upload> {
        match self {
            Self::Plain(upload) => Ok(upload),
            Self::Gzip(encoder) => unbuffered(encoder)?.finish(),
            Self::Bzip2(encoder) => unbuffered(encoder)?.finish(),
            Self::Zstd(encoder) => unbuffered(encoder)?.finish(),
        }
    }

    /// Bytes handed to the store, after compression.
    pub(super) fn written(&self) -> u64 {
        match self {
            Self::Plain(upload) => upload.written(),
            Self::Gzip(encoder) => encoder.get_ref().get_ref().written(),
            Self::Bzip2(encoder) => encoder.get_ref().get_ref().written(),
            Self::Zstd(encoder) => encoder.get_ref().get_ref().written(),
        }
    }
}

fn buffered<W: Write>(encoder: W) -> BufWriter<W> {
    BufWriter::with_capacity(UNCOMPRESSED_BUFFER, encoder)
}

fn unbuffered<W: Write>(writer: BufWriter<W>) -> io::Result<W> {
    writer.into_inner().map_err(io::IntoInnerError::into_error)
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
