//! The records of a segment in memory. Spark: `DeserializationStream`.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::frame::Header;
use super::segment::Segment;
use crate::error::Corruption;
use crate::{Error, Result};

/// Reads records one after another, straight from the segment where it is not compressed.
/// Ends after the first error.
pub struct Records<T> {
    bytes: Bytes,
    is_verified: bool,
    /// Where the next frame begins.
    next_frame: usize,
    /// The open frame: where its unread part is, in `bytes` or in `unpacked`.
    place: Place,
    at: usize,
    end: usize,
    /// Records of the open frame that are not read yet.
    left: u64,
    unpacked: Vec<u8>,
    kind: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy)]
enum Place {
    Segment,
    Unpacked,
}

impl<T> std::fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records")
            .field("len", &self.bytes.len())
            .field("at", &self.next_frame)
            .finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned> Records<T> {
    /// Over a `Segment`, or the `Bytes` of one.
    pub fn new(segment: impl Into<Segment>) -> Self {
        let Segment { bytes, is_verified } = segment.into();
        Self {
            bytes,
            is_verified,
            next_frame: 0,
            place: Place::Segment,
            at: 0,
            end: 0,
            left: 0,
            unpacked: Vec::new(),
            kind: PhantomData,
        }
    }

    /// Opens the next frame. `false` at the end.
    fn open_frame(&mut self) -> Result<bool> {
        let corrupt = Error::Corrupt;
        if self.at != self.end {
            return Err(corrupt(Corruption::Trailing(self.end - self.at)));
        }
        let rest = &self.bytes[self.next_frame..];
        if rest.is_empty() {
            return Ok(false);
        }
        let header = Header::parse(rest).map_err(corrupt)?;
        let body = &rest[header.header_len..];
        let stored = body.get(..header.stored_len).ok_or(Error::Corrupt(Corruption::Truncated))?;
        if !self.is_verified {
            header.check(rest, stored).map_err(corrupt)?;
        }
        let start = self.next_frame + header.header_len;
        (self.place, self.at, self.end) = match header.raw_len {
            None => (Place::Segment, start, start + header.stored_len),
            Some(raw_len) => {
                Header::decompress(stored, raw_len, &mut self.unpacked).map_err(corrupt)?;
                (Place::Unpacked, 0, raw_len)
            }
        };
        self.next_frame = start + header.stored_len;
        self.left = header.records;
        Ok(true)
    }

    fn fail(&mut self, error: Error) -> Option<Result<T>> {
        self.next_frame = self.bytes.len();
        (self.at, self.end, self.left) = (0, 0, 0);
        Some(Err(error))
    }
}

impl<T: DeserializeOwned> Iterator for Records<T> {
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
        let frame: &[u8] = match self.place {
            Place::Segment => &self.bytes,
            Place::Unpacked => &self.unpacked,
        };
        let mut input = &frame[self.at..self.end];
        match super::decode(&mut input) {
            Ok(record) => {
                self.at = self.end - input.len();
                self.left -= 1;
                Some(Ok(record))
            }
            Err(error) => self.fail(error),
        }
    }
}
