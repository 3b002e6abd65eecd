//! A file being written. Spark: Hadoop's `FSDataOutputStream`, but a file without its end never appears.

use std::fmt;
use std::io::{self, Write};

use bytes::Bytes;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};

use super::Location;
use super::block_on::block_on;
use crate::error::{Error, Result};

/// Bytes collected before a call to the store.
const LOCAL_PART: usize = 256 << 10;
/// Object stores refuse small parts, and a file has at most 10,000 of them.
const REMOTE_PART: usize = 16 << 20;

/// A buffered writer. Dropped without `finish` it leaves nothing behind.
pub(crate) struct Upload {
    location: Location,
    /// Local files are created at once, so that a directory that is gone stays gone;
    /// elsewhere a small file is one request at the end.
    parts: Option<Box<dyn MultipartUpload>>,
    buffer: Vec<u8>,
    part_size: usize,
    written: u64,
    /// A part could not be written: the file must not appear, even if the writer goes on.
    failed: bool,
}

impl Upload {
    pub(super) fn start(location: &Location) -> Result<Self> {
        let local = location.store.is_local();
        let mut upload = Self {
            location: location.clone(),
            parts: None,
            buffer: Vec::new(),
            part_size: if local { LOCAL_PART } else { REMOTE_PART },
            written: 0,
            failed: false,
        };
        if local {
            upload.begin()?;
        }
        Ok(upload)
    }

    /// Bytes taken so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Hands the rest to the store and lets the file appear. Returns its size.
    pub(crate) fn finish(mut self) -> Result<u64> {
        if self.parts.is_none() && !self.failed {
            self.location.put(Bytes::from(std::mem::take(&mut self.buffer)))?;
            return Ok(self.written);
        }
        self.send()?;
        if let Some(parts) = &mut self.parts {
            block_on(parts.complete()).map_err(|error| Error::store("write", self.location.uri(), error))?;
        }
        self.parts = None;
        Ok(self.written)
    }

    fn begin(&mut self) -> Result<&mut Box<dyn MultipartUpload>> {
        let location = &self.location;
        let parts = block_on(location.store.inner.put_multipart(&location.object()?))
            .map_err(|error| Error::store("create", location.uri(), error))?;
        Ok(self.parts.insert(parts))
    }

    fn send(&mut self) -> Result<()> {
        if self.failed {
            return Err(Error::io("write", self.location.uri(), io::Error::other("an earlier write failed")));
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        let next = Vec::with_capacity(self.part_size.min(self.buffer.capacity()));
        let data = PutPayload::from_bytes(Bytes::from(std::mem::replace(&mut self.buffer, next)));
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.begin()?,
        };
        block_on(parts.put_part(data)).map_err(|error| {
            self.failed = true;
            Error::store("write", self.location.uri(), error)
        })
    }
}

impl Write for Upload {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + data.len() > self.part_size {
            self.send()?;
        }
        self.buffer.extend_from_slice(data);
        self.written += data.len() as u64;
        Ok(data.len())
    }

    /// Bytes go to the store in parts of its own size; an early flush would only make more requests.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take()
            && let Err(error) = block_on(parts.abort())
        {
            tracing::debug!(path = %self.location.uri(), %error, "unfinished upload stays");
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("location", &self.location)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}
