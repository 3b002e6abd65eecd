//! Bytes of one file from an offset on. Spark: Hadoop's `FSDataInputStream`.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::{GetOptions, GetRange, GetResult, ObjectStore};

use super::block_on::block_on;
use super::{Location, local};
use crate::error::{Error, Result};

type Chunks = BoxStream<'static, object_store::Result<Bytes>>;

/// An open file. Errors of `read` carry an [`Error`] inside.
pub(crate) struct Source {
    path: String,
    payload: Payload,
    count: Arc<AtomicU64>,
}

enum Payload {
    /// A file of this machine: read directly into the caller's buffer.
    File(File),
    Stream {
        chunks: Chunks,
        chunk: Bytes,
    },
}

impl Source {
    pub(super) fn open(location: &Location, offset: u64) -> Result<Self> {
        let path = location.uri();
        let payload = match location.store.is_local() {
            true => Payload::File(local::open(location, offset)?),
            false => Payload::Stream { chunks: stream(location, offset)?, chunk: Bytes::new() },
        };
        Ok(Self { path, payload, count: Arc::default() })
    }

    /// Counts the bytes read, also after the source has moved into a decoder.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }
}

fn stream(location: &Location, offset: u64) -> Result<Chunks> {
    let range = (offset > 0).then_some(GetRange::Offset(offset));
    let options = GetOptions { range, ..GetOptions::default() };
    block_on(location.store.inner.get_opts(&location.object()?, options))
        .map(GetResult::into_stream)
        .map_err(|error| Error::store("open", location.uri(), error))
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.payload {
            Payload::File(file) => loop {
                match file.read(buffer) {
                    Ok(read) => break read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::io("read", &self.path, error).into()),
                }
            },
            Payload::Stream { chunks, chunk } => {
                while chunk.is_empty() {
                    match block_on(chunks.next()) {
                        Some(Ok(next)) => *chunk = next,
                        Some(Err(error)) => return Err(Error::store("read", &self.path, error).into()),
                        None => return Ok(0),
                    }
                }
                let read = buffer.len().min(chunk.len());
                chunk.copy_to_slice(&mut buffer[..read]);
                read
            }
        };
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("path", &self.path).field("count", &self.count).finish_non_exhaustive()
    }
}
