//! The lines of a split. Spark: Hadoop's `LineRecordReader` and `LineReader`.
//!
//! A line belongs to the split in which it begins, where a line that begins exactly at a split's first byte belongs
//! to the split before: every split but the first passes over one line end, and every split reads on until it has
//! read the line that begins at its last byte or after.
//! Ours reads whole lines in blocks and looks at the encoding once per block, not once per line.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::Block;
use super::decoder::{self, Decoded};
use super::{InputSplit, TextOptions, java_utf8};
use crate::error::{Error, Result};
use hearth_types::error_chain;

/// How much is read in one call.
const CHUNK: usize = 256 << 10;
/// How much is read at first beyond the end of a split, to finish its last line.
const BEYOND: u64 = 16 << 10;
/// A block that one long line has made larger than this is given back afterwards.
const KEEP: usize = 4 * CHUNK;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The lines of one split, without their ends. After an error it is at its end.
pub struct LineReader {
    input: Decoded,
    read: Arc<AtomicU64>,
    /// Lines that begin after this byte are the next split's.
    end: u64,
    max_line_length: u64,
    ignore_corrupt_files: bool,
    block: Block,
    /// Where in the block the next line begins.
    at: usize,
    /// Where in the decompressed file the block begins.
    offset: u64,
    /// What follows the block: the beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    exhausted: bool,
    failed: bool,
    /// Holds a line that needed replacement characters.
    repaired: String,
}

impl LineReader {
    /// Opens the file and goes to the split's first line.
    ///
    /// # Errors
    /// `NotFound` without the file, and those of the store.
    pub fn open(split: &InputSplit, options: &TextOptions) -> Result<Self> {
        let input = decoder::open(&split.path, split.start)?;
        let compressed = input.codec().is_some();
        let mut reader = Self {
            read: input.counter(),
            end: if compressed { u64::MAX } else { split.start.saturating_add(split.length) },
            input,
            max_line_length: options.max_line_length,
            ignore_corrupt_files: options.ignore_corrupt_files,
            block: Block::default(),
            at: 0,
            offset: split.start,
            rest: Vec::new(),
            exhausted: false,
            failed: false,
            repaired: String::new(),
        };
        if split.start > 0 {
            reader.skip_partial_line()?;
        } else {
            reader.skip_byte_order_mark()?;
        }
        Ok(reader)
    }

    /// Bytes read from the store so far (compressed bytes for a compressed file).
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The next line without making a `String` of it; `None` at the end.
    ///
    /// # Errors
    /// `LineTooLong`, those of decompression and of the store.
    pub fn next_line(&mut self) -> Result<Option<&str>> {
        if self.next_offset() > self.end {
            return Ok(None);
        }
        let Some(line) = self.advance()? else { return Ok(None) };
        if let Some(text) = self.block.text(line.clone()) {
            return Ok(Some(text));
        }
        self.repaired.clear();
        java_utf8::decode_into(&mut self.repaired, &self.block.bytes()[line]);
        Ok(Some(&self.repaired))
    }

    /// Where in the decompressed file the next line begins.
    fn next_offset(&self) -> u64 {
        self.offset + self.at as u64
    }

    /// Goes over one line and its end, wherever it is. Returns where in the block the line is.
    fn advance(&mut self) -> Result<Option<Range<usize>>> {
        if self.failed {
            return Ok(None);
        }
        if self.at == self.block.len()
            && let Err(error) = self.fill()
        {
            self.failed = true;
            return Err(error);
        }
        if self.at == self.block.len() {
            return Ok(None);
        }
        let (line, next) = self.block.line_at(self.at);
        if line.len() as u64 > self.max_line_length {
            self.failed = true;
            return Err(self.too_long(self.next_offset()));
        }
        self.at = next;
        Ok(Some(line))
    }

    /// Reads the next block: whole lines, and at the end of the file also a line without an end.
    fn fill(&mut self) -> Result<()> {
        self.offset += self.block.len() as u64;
        self.at = 0;
        let mut bytes = std::mem::take(&mut self.block).into_bytes();
        if bytes.capacity() > KEEP {
            bytes = Vec::new();
        }
        bytes.clear();
        bytes.append(&mut self.rest);
        let mut searched = 0;
        loop {
            if let Some(lines) = last_line_end(&bytes, searched, self.exhausted) {
                self.rest.extend_from_slice(&bytes[lines..]);
                bytes.truncate(lines);
                break;
            }
            if self.exhausted {
                break;
            }
            if bytes.len() as u64 > self.max_line_length.saturating_add(1) {
                return Err(self.too_long(self.offset));
            }
            // A carriage return at the very end is looked at again when its successor is known.
            searched = bytes.len().saturating_sub(1);
            self.exhausted = self.read_chunk(&mut bytes)? == 0;
        }
        self.block = Block::new(bytes);
        Ok(())
    }

    /// Appends what one call reads.
    fn read_chunk(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let have = bytes.len();
        let until_end = self.end.saturating_sub(self.offset + have as u64).saturating_add(BEYOND);
        let most = usize::try_from(until_end).map_or(CHUNK, |most| most.min(CHUNK));
        bytes.resize(have + most, 0);
        let read = match self.input.read(&mut bytes[have..]) {
            Err(error) if self.ignore_corrupt_files && error.is_unreadable() => {
                tracing::warn!(error = %error_chain(&error), "the rest of a corrupt file is passed over");
                Ok(0)
            }
            result => result,
        };
        bytes.truncate(have + read.as_ref().map_or(0, |read| *read));
        read
    }

    /// Passes over the line of the split before, which may be long, without keeping it.
    fn skip_partial_line(&mut self) -> Result<()> {
        let mut chunk = Vec::new();
        while self.offset <= self.end {
            chunk.clear();
            self.exhausted = self.read_chunk(&mut chunk)? == 0;
            if self.exhausted {
                break;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', &chunk) else {
                self.offset += chunk.len() as u64;
                continue;
            };
            let mut next = end + 1;
            if chunk[end] == b'\r' {
                if next == chunk.len() {
                    self.exhausted = self.read_chunk(&mut chunk)? == 0;
                }
                next += usize::from(chunk.get(next) == Some(&b'\n'));
            }
            self.offset += next as u64;
            self.rest.extend_from_slice(&chunk[next..]);
            break;
        }
        Ok(())
    }

    fn skip_byte_order_mark(&mut self) -> Result<()> {
        self.fill()?;
        if self.block.bytes().starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
        Ok(())
    }

    fn too_long(&self, offset: u64) -> Error {
        Error::LineTooLong { path: self.input.path().to_string(), offset, limit: self.max_line_length }
    }
}

/// The length of the part of `bytes` that ends with a line's end, of which all before `searched` has none.
/// A carriage return as the last byte counts only if nothing follows it in the file.
fn last_line_end(bytes: &[u8], searched: usize, exhausted: bool) -> Option<usize> {
    let tail = bytes.get(searched..)?;
    let found = memchr::memrchr2(b'\n', b'\r', tail)?;
    if tail[found] == b'\r' && found + 1 == tail.len() && !exhausted {
        return memchr::memrchr2(b'\n', b'\r', &tail[..found]).map(|found| searched + found + 1);
    }
    Some(searched + found + 1)
}

impl Iterator for LineReader {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_line() {
            Ok(line) => line.map(|line| Ok(line.to_owned())),
            Err(error) => Some(Err(error)),
        }
    }
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineReader")
            .field("path", &self.input.path())
            .field("next_offset", &self.next_offset())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
