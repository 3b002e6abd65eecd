//! A segment in memory, and how one is made.

use bytes::Bytes;
use serde::Serialize;

use super::frame::{FRAME_TARGET, FrameEncoder, Framing};
use crate::{Error, Result};

/// Frames one after another, in memory. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    pub(super) bytes: Bytes,
    pub(super) is_verified: bool,
}

impl Segment {
    /// Compares all checksums now, so that reading the records need not. A reader that can fetch again does this first.
    pub fn verified(bytes: Bytes) -> Result<Self> {
        super::frame::verify(&bytes).map_err(Error::Corrupt)?;
        Ok(Self { bytes, is_verified: true })
    }

    /// A segment that never left this process's memory.
    pub(crate) fn trusted(bytes: Bytes) -> Self {
        Self { bytes, is_verified: true }
    }

    /// The frames.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Bytes of all frames.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// The checksums are compared as the records are read.
impl From<Bytes> for Segment {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, is_verified: false }
    }
}

impl From<Vec<u8>> for Segment {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

/// Makes a segment in memory.
pub struct SegmentWriter {
    encoder: FrameEncoder,
    open: Vec<u8>,
    open_records: u64,
    closed: Vec<u8>,
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// `framing` may be just a `Compression`: then frames carry checksums.
    pub fn new(framing: impl Into<Framing>) -> Self {
        let encoder = FrameEncoder::new(framing.into());
        Self { encoder, open: Vec::new(), open_records: 0, closed: Vec::new() }
    }

    /// Adds a record.
    #[inline]
    pub fn push<T: Serialize + ?Sized>(&mut self, record: &T) -> Result<()> {
        super::encode(record, &mut self.open)?;
        self.open_records += 1;
        if self.open.len() >= FRAME_TARGET {
            self.close_frame();
        }
        Ok(())
    }

    /// Bytes in closed frames and in the open one.
    pub fn len(&self) -> usize {
        self.closed.len() + self.open.len()
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.open_records == 0 && self.closed.is_empty()
    }

    /// Takes the bytes of the closed frames, for a writer that sends them on while more come.
    pub(crate) fn take_closed(&mut self) -> &mut Vec<u8> {
        &mut self.closed
    }

    /// The segment.
    pub fn finish(mut self) -> Bytes {
        self.close_frame();
        Bytes::from(self.closed)
    }

    pub(crate) fn close_frame(&mut self) {
        self.encoder.append(&self.open, self.open_records, &mut self.closed);
        self.open.clear();
        self.open_records = 0;
    }
}
