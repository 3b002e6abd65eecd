//! Where the pieces of a map output begin. Spark: the `.index` file of `IndexShuffleBlockResolver`.
//!
//! On disk: `HSI1`, number of pieces (u32), one offset more than that (u64 each), CRC-32; little endian.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Corruption;
use crate::{Error, Result};

const MAGIC: &[u8; 4] = b"HSI1";

/// Offsets of the pieces, and the end of the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    offsets: Arc<[u64]>,
}

impl Index {
    /// `offsets` has one more than there are pieces, and never falls.
    pub(crate) fn new(offsets: Vec<u64>) -> Self {
        Self { offsets: offsets.into() }
    }

    /// Start and end of the pieces for reduce partitions `start .. end`. `None` when out of range.
    pub(crate) fn range(&self, start: u32, end: u32) -> Option<(u64, u64)> {
        let from = *self.offsets.get(start as usize)?;
        let to = *self.offsets.get(end as usize)?;
        (from <= to).then_some((from, to))
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> u64 {
        size_of_val(&*self.offsets) as u64
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(12 + 8 * self.offsets.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(self.offsets.len() as u32).wrapping_sub(1).to_le_bytes());
        for offset in &*self.offsets {
            bytes.extend_from_slice(&offset.to_le_bytes());
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads an index back and compares it with the length of the data file.
    pub(crate) fn from_bytes(bytes: &[u8], data_len: u64) -> Result<Self, Corruption> {
        let (content, checksum) = bytes.split_last_chunk::<4>().ok_or(Corruption::Index)?;
        let (found, expected) = (crc32fast::hash(content), u32::from_le_bytes(*checksum));
        if found != expected {
            return Err(Corruption::Checksum { found, expected });
        }
        let rest = content.strip_prefix(MAGIC).ok_or(Corruption::Index)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(Corruption::Index)?;
        let (offsets, tail) = rest.as_chunks::<8>();
        let offsets: Arc<[u64]> = offsets.iter().map(|offset| u64::from_le_bytes(*offset)).collect();
        let is_right = tail.is_empty()
            && offsets.len() as u64 == u64::from(u32::from_le_bytes(*count)) + 1
            && offsets.first() == Some(&0)
            && offsets.is_sorted()
            && offsets.last() == Some(&data_len);
        if is_right { Ok(Self { offsets }) } else { Err(Corruption::Index) }
    }

    pub(crate) fn read(path: &Path, data: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
        let data_len = std::fs::metadata(data).map_err(Error::file("read", data))?.len();
        Self::from_bytes(&bytes, data_len).map_err(Error::Corrupt)
    }
}

/// How much memory the indexes of outputs on disk may take (`spark.shuffle.service.index.cache.size` has 100m).
const CACHE: u64 = 64 << 20;

/// Counts the indexes of outputs on disk that are kept in memory.
#[derive(Debug, Default)]
pub(crate) struct IndexCache {
    used: AtomicU64,
}

impl IndexCache {
    /// Whether so many bytes more may be kept; then `release` must follow.
    pub(crate) fn acquire(&self, bytes: u64) -> bool {
        let has_room = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= CACHE;
        if !has_room {
            self.release(bytes);
        }
        has_room
    }

    pub(crate) fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
