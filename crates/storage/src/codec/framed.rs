//! The records of a file of frames, read one frame at a time. Spark: `DiskBlockObjectReader`, `UnsafeSorterSpillReader`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::frame::{Header, MAX_HEADER};
use crate::error::Corruption;
use crate::{Error, Result};

/// Reads records from a file, of this machine or of a store, holding one frame of it. Ends after the first error.
pub struct FramedFile<T, R = File> {
    file: BufReader<R>,
    path: PathBuf,
    /// Bytes of the file that are not read yet, including those in `header`.
    remaining: u64,
    /// Bytes read ahead while looking for a header.
    header: Vec<u8>,
    stored: Vec<u8>,
    unpacked: Vec<u8>,
    is_unpacked: bool,
    at: usize,
    left: u64,
    kind: PhantomData<fn() -> T>,
}

impl<T, R> std::fmt::Debug for FramedFile<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FramedFile")
            .field("path", &self.path)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned, R: Read> FramedFile<T, R> {
    /// Reads the next `len` bytes of `file` from where it stands. `path` is for messages.
    pub fn new(file: R, path: &Path, len: u64) -> Self {
        Self {
            file: BufReader::with_capacity(32 * 1024, file),
            path: path.to_owned(),
            remaining: len,
            header: Vec::new(),
            stored: Vec::new(),
            unpacked: Vec::new(),
            is_unpacked: false,
            at: 0,
            left: 0,
            kind: PhantomData,
        }
    }

    fn open_frame(&mut self) -> Result<bool> {
        let end = if self.is_unpacked { self.unpacked.len() } else { self.stored.len() };
        if self.at != end {
            return Err(Error::Corrupt(Corruption::Trailing(end - self.at)));
        }
        if self.remaining == 0 {
            return Ok(false);
        }
        // The header's length is not known before it is parsed, so a few bytes of the frame come along with it.
        let ahead = self.remaining.min(MAX_HEADER as u64) as usize;
        let had = self.header.len();
        self.header.resize(ahead.max(had), 0);
        read_exact(&mut self.file, &mut self.header[had..], &self.path)?;
        let header = Header::parse(&self.header).map_err(Error::Corrupt)?;
        let frame_len = header.header_len as u64 + header.stored_len as u64;
        if frame_len > self.remaining {
            return Err(Error::Corrupt(Corruption::Truncated));
        }
        let body = &self.header[header.header_len..];
        let from_ahead = body.len().min(header.stored_len);
        self.stored.clear();
        self.stored.extend_from_slice(&body[..from_ahead]);
        self.stored.resize(header.stored_len, 0);
        read_exact(&mut self.file, &mut self.stored[from_ahead..], &self.path)?;
        header.check(&self.header, &self.stored).map_err(Error::Corrupt)?;
        self.header.drain(..header.header_len + from_ahead);
        self.remaining -= frame_len;
        self.is_unpacked = header.raw_len.is_some();
        if let Some(raw_len) = header.raw_len {
            Header::decompress(&self.stored, raw_len, &mut self.unpacked).map_err(Error::Corrupt)?;
        }
        self.at = 0;
        self.left = header.records;
        Ok(true)
    }

    fn fail(&mut self, error: Error) -> Option<Result<T>> {
        self.stored.clear();
        (self.remaining, self.at, self.left, self.is_unpacked) = (0, 0, 0, false);
        Some(Err(error))
    }
}

impl<T: DeserializeOwned, R: Read> Iterator for FramedFile<T, R> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        while self.left == 0 {
            match self.open_frame() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return self.fail(error),
            }
        }
        let frame = if self.is_unpacked { &self.unpacked } else { &self.stored };
        let mut input = &frame[self.at..];
        match super::decode(&mut input) {
            Ok(record) => {
                self.at = frame.len() - input.len();
                self.left -= 1;
                Some(Ok(record))
            }
            Err(error) => self.fail(error),
        }
    }
}

/// A file that ends too early is damaged; everything else is the disk's trouble.
fn read_exact(file: &mut BufReader<impl Read>, into: &mut [u8], path: &Path) -> Result<()> {
    file.read_exact(into).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Error::Corrupt(Corruption::Truncated),
        _ => Error::file("read", path)(error),
    })
}
