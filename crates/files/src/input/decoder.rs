//! The content of a file, decompressed by its extension. Spark: Hadoop's `CompressionInputStream`s.

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;

use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::store::{Location, Source};

const COMPRESSED_BUFFER: usize = 128 << 10;

/// A file's content from some byte on.
pub(super) struct Decoded {
    path: String,
    codec: Option<Codec>,
    input: Box<dyn Read + Send>,
    /// Bytes read from the store.
    count: Arc<AtomicU64>,
}

/// Opens `path` at `offset`; a compressed file has no other offset than 0.
pub(super) fn open(path: &str, offset: u64) -> Result<Decoded> {
    let location = Location::parse(path)?;
    let codec = Codec::of_file(path)?;
    let source = location.read(if codec.is_some() { 0 } else { offset })?;
    let count = source.counter();
    let path = location.uri();
    let input = match codec {
        None => Box::new(source) as Box<dyn Read + Send>,
        Some(Codec::Gzip) => Box::new(MultiGzDecoder::new(buffered(source))),
        Some(Codec::Bzip2) => Box::new(MultiBzDecoder::new(buffered(source))),
        Some(Codec::Zstd) => Box::new(
            zstd::stream::read::Decoder::with_buffer(buffered(source))
                .map_err(|error| Error::io("decompress", &path, error))?,
        ),
    };
    Ok(Decoded { path, codec, input, count })
}

fn buffered(source: Source) -> BufReader<Source> {
    BufReader::with_capacity(COMPRESSED_BUFFER, source)
}

impl Decoded {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn codec(&self) -> Option<Codec> {
        self.codec
    }

    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }

    /// Reads some bytes; 0 only at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.input.read(buffer) {
                Ok(0) => return self.check_not_empty().map(|()| 0),
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
    }

    /// Appends the whole content, which may be `limit` bytes long.
    pub(super) fn read_to_end(&mut self, content: &mut Vec<u8>, limit: u64) -> Result<()> {
        match self.input.by_ref().take(limit.saturating_add(1)).read_to_end(content) {
            Ok(0) => self.check_not_empty(),
            Ok(read) if read as u64 > limit => Err(Error::FileTooLarge { path: self.path.clone(), limit }),
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Every compressed file has at least a header; some decoders take an empty one for the end.
    fn check_not_empty(&self) -> Result<()> {
        if self.codec.is_some() && self.count.load(Ordering::Relaxed) == 0 {
            return Err(self.explain(ErrorKind::UnexpectedEof.into()));
        }
        Ok(())
    }

    fn explain(&self, source: io::Error) -> Error {
        let path = self.path.clone();
        let offset = self.count.load(Ordering::Relaxed);
        let from_below = source.raw_os_error().is_some() || source.get_ref().is_some_and(|e| e.is::<Error>());
        match self.codec {
            Some(codec) if !from_below => match source.kind() {
                ErrorKind::UnexpectedEof => Error::Truncated { path, codec, offset, source },
                _ => Error::Damaged { path, codec, offset, source },
            },
            Some(_) | None => Error::from_io("read", &path, source),
        }
    }
}

impl fmt::Debug for Decoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded")
            .field("path", &self.path)
            .field("codec", &self.codec)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
