//! Removing blocks. Spark: `BlockManager.removeBlock`, `removeRdd`, `ShuffleBlockResolver.removeDataByMap`.

use std::path::Path;

use hearth_types::{BlockId, RddId, ShuffleId};

use super::BlockManager;
use super::disk::delete_file;
use crate::shuffle::MapOutput;

impl BlockManager {
    /// Removes a block from memory and disk. Whether it was here.
    pub fn remove(&self, block: BlockId) -> bool {
        if let BlockId::Shuffle { shuffle, map_task } = block {
            let output =
                self.shuffles.write().get_mut(&shuffle).and_then(|outputs| outputs.remove(&map_task));
            self.forget_output(block);
            return output.map(|output| output.delete()).is_some();
        }
        let removed = self.table.lock().remove(block);
        let Some(removed) = removed else { return false };
        if let Some(memory) = &removed.memory {
            self.memory.release_storage(memory.size);
        }
        if let Some(disk) = &removed.disk {
            delete_file(&disk.path);
        }
        self.note(block, None);
        true
    }

    /// Forgets a block's file that cannot be read, and deletes what is left of it. If another task stored the block
    /// anew meanwhile, that one stays.
    pub(super) fn forget_file(&self, block: BlockId, path: &Path) {
        let mut table = self.table.lock();
        if let Some(disk) = table.take_disk(block, path) {
            delete_file(&disk.path);
            self.note(block, table.get(block));
        }
    }

    /// Removes every cached partition of an RDD.
    pub fn remove_rdd(&self, rdd: RddId) {
        let names = self.table.lock().names_of_rdd(rdd);
        for name in names {
            self.remove(name);
        }
    }

    /// Removes every map output of a shuffle.
    pub fn remove_shuffle(&self, shuffle: ShuffleId) {
        let outputs = self.shuffles.write().remove(&shuffle).unwrap_or_default();
        for (map_task, output) in outputs {
            self.forget_output(BlockId::Shuffle { shuffle, map_task });
            MapOutput::delete(&output);
        }
    }

    /// Returns the memory of a map output that is in memory.
    fn forget_output(&self, name: BlockId) {
        let removed = self.table.lock().remove(name);
        if let Some(memory) = removed.and_then(|block| block.memory) {
            self.memory.release_storage(memory.size);
        }
    }
}
