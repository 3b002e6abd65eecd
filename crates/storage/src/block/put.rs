//! Storing blocks. Spark: `BlockManager.doPutIterator`, `MemoryStore.putIteratorAsValues` and `…AsBytes`.

use std::mem::needs_drop;

use bytes::Bytes;
use hearth_types::{BlockId, RddId, StorageLevel, TaskId};

use super::BlockManager;
use super::disk::delete_file;
use super::get::BlockRecords;
use super::table::{MemoryData, OnDisk};
use super::unroll::{CHECK_PERIOD, Reservation, memory_of};
use super::values::SharedValues;
use crate::codec::{Compression, Framing, Records, Segment, SegmentWriter};
use crate::memory::TaskMemory;
use crate::size::{HeapEstimate, heap_size};
use crate::{Data, Result};

/// What became of a partition that was to be stored. Either way it gives all the records.
pub enum Put<'a, T> {
    /// It is stored, and read from there.
    Stored(BlockRecords<T>),
    /// It did not fit and its level has no disk. Some records are read from memory and the rest from where they come.
    NotStored(Box<dyn Iterator<Item = Result<T>> + 'a>),
}

impl<T> std::fmt::Debug for Put<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_stored() { "Stored" } else { "NotStored" })
    }
}

impl<T> Put<'_, T> {
    /// Whether it is stored.
    pub fn is_stored(&self) -> bool {
        matches!(self, Self::Stored(_))
    }
}

impl<T> Iterator for Put<'_, T> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        match self {
            Self::Stored(records) => records.next(),
            Self::NotStored(records) => records.next(),
        }
    }
}

/// The records that come, not yet stored.
type Incoming<'a, T> = Box<dyn Iterator<Item = T> + 'a>;

impl BlockManager {
    /// Stores a partition at `level` as far as it fits, evicting what was used least recently but nothing of the same
    /// RDD. A partition that does not fit in memory goes to disk if its level has it, else it is not stored.
    /// Neither is what a task brings that began before the RDD's partitions were forgotten.
    pub fn put<'a, T: Data>(
        &self,
        block: BlockId,
        level: StorageLevel,
        records: Box<dyn Iterator<Item = T> + 'a>,
        memory: &TaskMemory,
    ) -> Result<Put<'a, T>> {
        let reservation = Reservation::new(memory.manager(), rdd_of(block));
        let by = memory.task();
        match level {
            StorageLevel { memory: true, deserialized: true, .. } => {
                self.put_values((block, by), level, records, reservation)
            }
            StorageLevel { memory: true, deserialized: false, .. } => {
                self.put_serialized((block, by), level, records, reservation)
            }
            StorageLevel { memory: false, disk: true, .. } => self.put_on_disk((block, by), level, records),
            StorageLevel { memory: false, disk: false, .. } => Ok(Put::NotStored(Box::new(records.map(Ok)))),
        }
    }

    /// Stores a block that is bytes. Whether it fits where `level` allows.
    pub fn put_bytes(&self, block: BlockId, bytes: Bytes, level: StorageLevel) -> Result<bool> {
        let size = bytes.len() as u64;
        if level.memory && self.memory.acquire_storage(size, rdd_of(block)) {
            self.store_in_memory((block, None), level, MemoryData::Bytes(bytes), size);
            return Ok(true);
        }
        if level.disk {
            let disk = self.write_bytes(block, &bytes)?;
            self.store_on_disk((block, None), level, disk);
        }
        Ok(level.disk)
    }

    fn put_values<'a, T: Data>(
        &self,
        (block, by): (BlockId, TaskId),
        level: StorageLevel,
        mut records: Incoming<'a, T>,
        mut reservation: Reservation,
    ) -> Result<Put<'a, T>> {
        let mut values = Vec::new();
        let mut heap = HeapEstimate::default();
        let mut fits = true;
        while fits {
            let Some(record) = records.next() else { break };
            if needs_drop::<T>() {
                heap.observe(|| heap_size(&record));
            }
            values.push(record);
            if values.len().is_multiple_of(CHECK_PERIOD) {
                fits = reservation.cover(memory_of(&values, &heap));
            }
        }
        if fits {
            values.shrink_to_fit();
            fits = reservation.settle(memory_of(&values, &heap));
        }
        if fits {
            let values = std::sync::Arc::new(values);
            let stored = MemoryData::Values(std::sync::Arc::clone(&values) as _);
            self.store_in_memory((block, Some(by)), level, stored, reservation.into_block());
            return Ok(Put::Stored(Box::new(SharedValues::new(values))));
        }
        if level.disk {
            return self.put_on_disk((block, by), level, Box::new(values.into_iter().chain(records)));
        }
        let records = values.into_iter().chain(records).map(Ok);
        Ok(Put::NotStored(Box::new(Held { records, _reservation: reservation })))
    }

    fn put_serialized<'a, T: Data>(
        &self,
        (block, by): (BlockId, TaskId),
        level: StorageLevel,
        mut records: Incoming<'a, T>,
        mut reservation: Reservation,
    ) -> Result<Put<'a, T>> {
        let mut writer = SegmentWriter::new(Framing { compression: Compression::None, checksum: true });
        let mut fits = true;
        while fits {
            let Some(record) = records.next() else { break };
            writer.push(&record)?;
            fits = reservation.cover(writer.len() as u64);
        }
        let bytes = writer.finish();
        if fits && reservation.settle(bytes.len() as u64) {
            let stored = MemoryData::Bytes(bytes.clone());
            self.store_in_memory((block, Some(by)), level, stored, reservation.into_block());
            return Ok(Put::Stored(Box::new(Records::new(Segment::trusted(bytes)))));
        }
        let unrolled = Records::<T>::new(Segment::trusted(bytes));
        if level.disk {
            return self.put_results_on_disk((block, by), level, unrolled.chain(records.map(Ok)));
        }
        let records = unrolled.chain(records.map(Ok));
        Ok(Put::NotStored(Box::new(Held { records, _reservation: reservation })))
    }

    fn put_on_disk<'a, T: Data>(
        &self,
        block: (BlockId, TaskId),
        level: StorageLevel,
        records: Incoming<'_, T>,
    ) -> Result<Put<'a, T>> {
        self.put_results_on_disk(block, level, records.map(Ok))
    }

    fn put_results_on_disk<'a, T: Data>(
        &self,
        (block, by): (BlockId, TaskId),
        level: StorageLevel,
        records: impl Iterator<Item = Result<T>>,
    ) -> Result<Put<'a, T>> {
        let mut file = self.block_file(block)?;
        for record in records {
            file.push(&record?)?;
        }
        let disk = file.finish()?;
        // Opened before others see it: one that removes or replaces the block deletes the file.
        let records = self.open_file(block, &disk)?;
        self.store_on_disk((block, Some(by)), level, disk);
        Ok(Put::Stored(records))
    }

    /// `size` bytes are already acquired. If another task stored the block meanwhile, that one stays.
    fn store_in_memory(
        &self,
        (name, by): (BlockId, Option<TaskId>),
        level: StorageLevel,
        data: MemoryData,
        size: u64,
    ) {
        let mut table = self.table.lock();
        if !table.takes(name, by) || table.get(name).is_some_and(|block| block.memory.is_some()) {
            self.memory.release_storage(size);
        } else {
            self.note(name, Some(table.insert_memory(name, level, data, size)));
        }
    }

    fn store_on_disk(&self, (name, by): (BlockId, Option<TaskId>), level: StorageLevel, disk: OnDisk) {
        let mut table = self.table.lock();
        if table.takes(name, by) {
            self.note(name, Some(table.insert_disk(name, level, disk)));
        } else {
            delete_file(&disk.path);
        }
    }

    /// Keeps a map output that is in memory where it can be moved to disk. `size` bytes are already acquired.
    pub(crate) fn store_output(
        &self,
        name: BlockId,
        output: std::sync::Arc<crate::shuffle::MapOutput>,
        size: u64,
    ) {
        let level = StorageLevel::MEMORY_AND_DISK_SER;
        self.store_in_memory((name, None), level, MemoryData::MapOutput(output), size);
    }
}

fn rdd_of(block: BlockId) -> Option<RddId> {
    match block {
        BlockId::Rdd { rdd, .. } => Some(rdd),
        BlockId::Shuffle { .. } | BlockId::Broadcast(_) | BlockId::TaskResult(_) => None,
    }
}

/// Holds the memory of records that are read from it.
struct Held<I> {
    records: I,
    _reservation: Reservation,
}

impl<I: Iterator> Iterator for Held<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        self.records.next()
    }
}
