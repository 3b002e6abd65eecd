//! Reading blocks. Spark: `BlockManager.getLocalValues`, `getLocalBytes`.
//!
//! Unlike Spark's, a block that is read from disk is not put back into memory.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hearth_types::BlockId;

use super::BlockManager;
use super::table::{MemoryData, OnDisk};
use super::values::SharedValues;
use crate::codec::{FramedFile, Framing, Records, Segment};
use crate::{Data, Error, Result};

/// The records of a block.
pub type BlockRecords<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

/// Where a block was found.
enum Found {
    Memory(MemoryData),
    Disk(OnDisk),
}

impl BlockManager {
    /// The records of a cached partition; `None` if it is not here. Values in memory are cloned one by one.
    /// When the block turns out to be damaged, the iterator gives the error and the block is forgotten.
    pub fn get<T: Data>(&self, block: BlockId) -> Result<Option<BlockRecords<T>>> {
        while let Some(found) = self.find(block) {
            let records: BlockRecords<T> = match found {
                Found::Memory(MemoryData::Values(values)) => {
                    let values = values.into_any().downcast::<Vec<T>>().map_err(|_| Error::Type { block })?;
                    Box::new(SharedValues::new(values))
                }
                Found::Memory(MemoryData::Bytes(bytes)) => Box::new(Records::new(Segment::trusted(bytes))),
                Found::Memory(MemoryData::MapOutput(_)) => return Err(Error::Type { block }),
                Found::Disk(disk) => match self.open_file(block, &disk) {
                    Err(error) if error.is_missing_file() => {
                        self.forget_file(block, &disk.path);
                        continue;
                    }
                    opened => opened?,
                },
            };
            return Ok(Some(records));
        }
        Ok(None)
    }

    /// The values of a cached partition that is in memory deserialised, without a clone of any; `None` otherwise.
    pub fn values<T: Data>(&self, block: BlockId) -> Option<Arc<Vec<T>>> {
        match self.find(block)? {
            Found::Memory(MemoryData::Values(values)) => values.into_any().downcast().ok(),
            Found::Memory(MemoryData::Bytes(_) | MemoryData::MapOutput(_)) | Found::Disk(_) => None,
        }
    }

    /// A block as bytes; `None` if it is not here. Cached partitions come as a segment of records.
    pub fn get_bytes(&self, block: BlockId) -> Result<Option<Bytes>> {
        while let Some(found) = self.find(block) {
            let bytes = match found {
                Found::Memory(MemoryData::Values(values)) => {
                    values.to_segment(Framing { checksum: true, ..self.framing })?
                }
                Found::Memory(MemoryData::Bytes(bytes)) => bytes,
                Found::Memory(MemoryData::MapOutput(_)) => return Err(Error::Type { block }),
                Found::Disk(disk) => match disk.read() {
                    Ok(bytes) => Bytes::from(bytes),
                    Err(error) => {
                        self.forget_file(block, &disk.path);
                        if error.is_missing_file() {
                            continue;
                        }
                        return Err(error);
                    }
                },
            };
            return Ok(Some(bytes));
        }
        Ok(None)
    }

    /// Whether a block is here.
    pub fn contains(&self, block: BlockId) -> bool {
        self.table.lock().get(block).is_some()
    }

    fn find(&self, name: BlockId) -> Option<Found> {
        let mut table = self.table.lock();
        let block = table.touch(name)?;
        match (&block.memory, &block.disk) {
            (Some(memory), _) => Some(Found::Memory(memory.data.clone())),
            (None, Some(disk)) => Some(Found::Disk(disk.clone())),
            (None, None) => None,
        }
    }

    pub(super) fn open_file<T: Data>(&self, block: BlockId, disk: &OnDisk) -> Result<BlockRecords<T>> {
        let file = File::open(&disk.path).map_err(Error::file("open", &disk.path))?;
        let records = FramedFile::new(file, &disk.path, disk.size);
        let path = disk.path.clone();
        Ok(Box::new(ForgetIfBroken { records, block, path, blocks: Weak::clone(&self.this) }))
    }
}

/// Forgets the file at the first error, so that the next attempt computes the block again.
struct ForgetIfBroken<T> {
    records: FramedFile<T>,
    block: BlockId,
    path: PathBuf,
    blocks: Weak<BlockManager>,
}

impl<T: Data> Iterator for ForgetIfBroken<T> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        let item = self.records.next();
        if let Some(Err(_)) = &item
            && let Some(blocks) = self.blocks.upgrade()
        {
            blocks.forget_file(self.block, &self.path);
        }
        item
    }
}
