//! Making room. Spark: `MemoryStore.evictBlocksToFreeSpace`, `BlockManager.dropFromMemory`.

use hearth_types::BlockId;

use super::BlockManager;
use super::disk::{BlockFileWriter, delete_file};
use super::table::{MemoryData, OnDisk};
use crate::Result;
use crate::codec::Framing;
use crate::memory::{Evict, EvictFor};

/// What is to be done with the least recently used block.
enum Victim {
    /// It was dropped, for its level has no disk or it is there already. So many bytes are free.
    Dropped(u64),
    /// It goes to disk first.
    Move(BlockId, MemoryData, u64),
}

impl Evict for BlockManager {
    fn evict(&self, bytes: u64, why: EvictFor) {
        let spare = match why {
            EvictFor::Execution => None,
            EvictFor::Block(rdd) => {
                let evictable: u64 = self.table.lock().evictable(rdd).map(|(_, memory)| memory.size).sum();
                if evictable < bytes {
                    return;
                }
                rdd
            }
        };
        let mut freed = 0;
        while freed < bytes {
            match self.next_victim(spare) {
                None => return,
                Some(Victim::Dropped(size)) => freed += size,
                Some(Victim::Move(name, data, size)) => match self.move_to_disk(name, &data) {
                    Ok(()) => freed += size,
                    Err(error) => {
                        tracing::warn!(block = %name, error = error.chain(), "cannot move block to disk");
                        self.stay(name);
                        return;
                    }
                },
            }
        }
    }
}

impl BlockManager {
    fn next_victim(&self, spare: Option<hearth_types::RddId>) -> Option<Victim> {
        let mut table = self.table.lock();
        let (name, memory) = table.evictable(spare).next()?;
        let (size, data) = (memory.size, memory.data.clone());
        let is_output = matches!(data, MemoryData::MapOutput(_));
        let block = table.get_mut(name)?;
        if is_output || (block.level.disk && block.disk.is_none()) {
            if let Some(memory) = &mut block.memory {
                memory.is_leaving = true;
            }
            return Some(Victim::Move(name, data, size));
        }
        table.take_memory(name);
        self.memory.release_storage(size);
        self.note(name, table.get(name));
        Some(Victim::Dropped(size))
    }

    /// Writes a block to disk, then drops it from memory. It stays readable in memory until then.
    fn move_to_disk(&self, name: BlockId, data: &MemoryData) -> Result<()> {
        let disk = match data {
            MemoryData::Values(values) => {
                let mut file = self.block_file(name)?;
                values.write_to(&mut file)?;
                Some(file.finish()?)
            }
            MemoryData::Bytes(bytes) => Some(self.write_bytes(name, bytes)?),
            MemoryData::MapOutput(output) => {
                output.move_to_disk(self.disk())?;
                None
            }
        };
        let mut table = self.table.lock();
        let level = table.get(name).filter(|block| block.memory.is_some()).map(|block| block.level);
        match (level, disk) {
            (Some(level), Some(disk)) => {
                table.insert_disk(name, level, disk);
            }
            // Removed while it was being written.
            (None, Some(disk)) => delete_file(&disk.path),
            (_, None) => {}
        }
        if let Some(memory) = table.take_memory(name) {
            self.memory.release_storage(memory.size);
            self.note(name, table.get(name));
        }
        Ok(())
    }

    /// A block that could not be moved stays where it is.
    fn stay(&self, name: BlockId) {
        if let Some(memory) = self.table.lock().get_mut(name).and_then(|block| block.memory.as_mut()) {
            memory.is_leaving = false;
        }
    }

    /// A new file for the records of a block.
    pub(super) fn block_file(&self, name: BlockId) -> Result<BlockFileWriter> {
        let framing = Framing { compression: crate::codec::Compression::None, checksum: true };
        BlockFileWriter::create(self.disk.unique_path(name)?, framing)
    }

    /// Writes a block that is bytes.
    pub(super) fn write_bytes(&self, name: BlockId, bytes: &[u8]) -> Result<OnDisk> {
        let mut file = self.block_file(name)?;
        file.write(bytes)?;
        file.finish()
    }
}
