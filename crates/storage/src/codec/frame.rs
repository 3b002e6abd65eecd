//! One frame: a header and the bytes of some whole records, perhaps compressed.
//!
//! `code, records, stored length, [raw length], [CRC-32], bytes`; numbers are LEB128, so that a piece of one small record
//! costs seven bytes more than the record. The checksum covers the header too.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::error::Corruption;

/// A frame is closed when its records have this many bytes. Just below 64 KiB, where LZ4 has its fast tables.
pub(crate) const FRAME_TARGET: usize = 60 * 1024;

/// Frames with fewer bytes are not worth compressing.
const COMPRESS_FROM: usize = 256;

/// The most frames in a row that are not even tried.
const MAX_PASS: u32 = 31;

/// LZ4 cannot expand by more; a header that says more is wrong, and must not make us allocate.
const MAX_EXPANSION: u64 = 256;

/// `spark.shuffle.compress`, `spark.io.compression.codec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Bytes as they are.
    None,
    /// LZ4 blocks; what does not get smaller stays as it is.
    #[default]
    Lz4,
}

/// How frames are made. Reading needs no such choice: a frame says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// How bytes are compressed.
    pub compression: Compression,
    /// Whether frames carry a checksum (`spark.shuffle.checksum.enabled`).
    pub checksum: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self { compression: Compression::Lz4, checksum: true }
    }
}

impl From<Compression> for Framing {
    fn from(compression: Compression) -> Self {
        Self { compression, checksum: true }
    }
}

/// No two codes differ in one bit only, so a flipped bit is never another kind of frame.
const RAW: u8 = 0xa0;
const LZ4: u8 = 0xa3;
const RAW_CHECKED: u8 = 0xac;
const LZ4_CHECKED: u8 = 0xaf;

/// The longest header: code, three numbers, checksum.
pub(crate) const MAX_HEADER: usize = 1 + 3 * 10 + 4;

/// A header that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Bytes of the header itself.
    pub(crate) header_len: usize,
    /// Bytes that follow the header.
    pub(crate) stored_len: usize,
    /// Bytes after decompression, if it is compressed.
    pub(crate) raw_len: Option<usize>,
    /// Records inside.
    pub(crate) records: u64,
    /// CRC-32 over the header (without itself) and the stored bytes.
    checksum: Option<u32>,
}

impl Header {
    /// Reads the header at the front of `input`. `Truncated` when `input` ends within it.
    pub(crate) fn parse(input: &[u8]) -> Result<Self, Corruption> {
        let mut at = 1;
        let code = *input.first().ok_or(Corruption::Truncated)?;
        let (compressed, checked) = match code {
            RAW => (false, false),
            LZ4 => (true, false),
            RAW_CHECKED => (false, true),
            LZ4_CHECKED => (true, true),
            other => return Err(Corruption::Header(other)),
        };
        let records = read_number(input, &mut at)?;
        let stored = read_number(input, &mut at)?;
        let raw = if compressed { Some(read_number(input, &mut at)?) } else { None };
        if raw.is_some_and(|raw| raw > stored.saturating_mul(MAX_EXPANSION)) {
            return Err(Corruption::Compression);
        }
        let checksum = if checked {
            let bytes = input.get(at..at + 4).ok_or(Corruption::Truncated)?;
            at += 4;
            Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        } else {
            None
        };
        let to_usize = |n: u64| usize::try_from(n).map_err(|_| Corruption::Truncated);
        let raw_len = raw.map(to_usize).transpose()?;
        Ok(Self { header_len: at, stored_len: to_usize(stored)?, raw_len, records, checksum })
    }

    /// Compares the checksum, if there is one. `header` are the `header_len` bytes that were parsed.
    pub(crate) fn check(&self, header: &[u8], stored: &[u8]) -> Result<(), Corruption> {
        let Some(expected) = self.checksum else { return Ok(()) };
        let found = checksum(&header[..self.header_len - 4], stored);
        if found == expected { Ok(()) } else { Err(Corruption::Checksum { found, expected }) }
    }

    /// Decompresses into `out`, which is replaced.
    pub(crate) fn decompress(stored: &[u8], raw_len: usize, out: &mut Vec<u8>) -> Result<(), Corruption> {
        out.resize(raw_len, 0);
        match lz4_flex::block::decompress_into(stored, out) {
            Ok(len) if len == raw_len => Ok(()),
            Ok(_) | Err(_) => Err(Corruption::Compression),
        }
    }
}

/// What to do with the checksums of frames that are walked over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksums {
    Compare,
    Ignore,
}

/// How many bytes at the front of `bytes` are whole frames. Nothing is decompressed.
pub(crate) fn whole_frames(bytes: &[u8], checksums: Checksums) -> Result<usize, Corruption> {
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let header = match Header::parse(rest) {
            Ok(header) => header,
            Err(Corruption::Truncated) => return Ok(at),
            Err(corruption) => return Err(corruption),
        };
        let Some(stored) = rest[header.header_len..].get(..header.stored_len) else { return Ok(at) };
        if checksums == Checksums::Compare {
            header.check(rest, stored)?;
        }
        at += header.header_len + header.stored_len;
    }
}

/// Compares the checksums of a segment.
pub(crate) fn verify(segment: &[u8]) -> Result<(), Corruption> {
    let whole = whole_frames(segment, Checksums::Compare)?;
    if whole == segment.len() { Ok(()) } else { Err(Corruption::Truncated) }
}

/// Makes frames. Keeps its scratch space between them.
pub(crate) struct FrameEncoder {
    framing: Framing,
    /// Frames to leave as they are before compression is tried again, and how many it was the last time.
    pass: u32,
    passed: u32,
    table: Option<CompressTable>,
    scratch: Vec<u8>,
}

impl FrameEncoder {
    pub(crate) fn new(framing: Framing) -> Self {
        Self { framing, pass: 0, passed: 0, table: None, scratch: Vec::new() }
    }

    /// Appends a frame with `raw`, the bytes of `records` records. Nothing for no records.
    pub(crate) fn append(&mut self, raw: &[u8], records: u64, out: &mut Vec<u8>) {
        if records == 0 {
            return;
        }
        let start = out.len();
        let compressed = match self.framing.compression {
            Compression::Lz4 if raw.len() >= COMPRESS_FROM => self.compress(raw),
            Compression::Lz4 | Compression::None => None,
        };
        let stored = match compressed {
            Some(len) => &self.scratch[..len],
            None => raw,
        };
        out.reserve(stored.len() + MAX_HEADER);
        out.push(match (compressed.is_some(), self.framing.checksum) {
            (false, false) => RAW,
            (true, false) => LZ4,
            (false, true) => RAW_CHECKED,
            (true, true) => LZ4_CHECKED,
        });
        write_number(records, out);
        write_number(stored.len() as u64, out);
        if compressed.is_some() {
            write_number(raw.len() as u64, out);
        }
        if self.framing.checksum {
            let sum = checksum(&out[start..], stored);
            out.extend_from_slice(&sum.to_le_bytes());
        }
        out.extend_from_slice(stored);
    }

    /// Compresses into `scratch`; `None` when that saves less than a sixteenth. After frames that did not get smaller
    /// it tries only now and then: records of one kind mostly stay of that kind.
    fn compress(&mut self, raw: &[u8]) -> Option<usize> {
        if self.pass > 0 {
            self.pass -= 1;
            return None;
        }
        let room = get_maximum_output_size(raw.len());
        if self.scratch.len() < room {
            self.scratch.resize(room, 0);
        }
        let table = self.table.get_or_insert_default();
        let len = compress_into_with_table(raw, &mut self.scratch, table).ok()?;
        let is_smaller = len <= raw.len() - raw.len() / 16;
        self.passed = if is_smaller { 0 } else { MAX_PASS.min(2 * self.passed + 1) };
        self.pass = self.passed;
        is_smaller.then_some(len)
    }
}

fn checksum(header: &[u8], stored: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(stored);
    hasher.finalize()
}

fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_number(input: &[u8], at: &mut usize) -> Result<u64, Corruption> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *input.get(*at).ok_or(Corruption::Truncated)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Corruption::Truncated)
}
