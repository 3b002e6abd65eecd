//! Removing blocks. Spark: `BlockManager.removeBlock`, `removeRdd`, `ShuffleBlockResolver.removeDataByMap`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_types::{BlockId, RddId, ShuffleId, TaskId};

use super::BlockManager;
use super::disk::delete_file;
use super::table::Block;
use crate::shuffle::MapOutput;

/// Blocks that are not here any more. Their files are deleted when this is dropped, which may take a while.
#[derive(Default)]
pub struct Removed {
    files: Vec<PathBuf>,
    outputs: Vec<Arc<MapOutput>>,
}

impl std::fmt::Debug for Removed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Removed").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        self.files.iter().for_each(|path| delete_file(path));
        self.outputs.iter().for_each(|output| output.delete());
    }
}

impl BlockManager {
    /// Removes a block from memory and disk, if it is here.
    pub fn remove(&self, block: BlockId) -> Option<Removed> {
        let mut removed = Removed::default();
        if let BlockId::Shuffle { shuffle, map_task } = block {
            let output =
                self.shuffles.write().get_mut(&shuffle).and_then(|outputs| outputs.remove(&map_task));
            self.forget_output(block);
            removed.outputs.push(output?);
        } else {
            removed.files.extend(self.take(block)?.disk.map(|disk| disk.path));
        }
        Some(removed)
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
    pub fn remove_rdd(&self, rdd: RddId) -> Removed {
        self.remove_partitions(rdd, None)
    }

    /// Removes every cached partition of an RDD that is not any more what it was. Tasks before `first` may still compute
    /// one from what it was: what they bring is not stored.
    pub fn forget_rdd(&self, rdd: RddId, first: TaskId) -> Removed {
        self.remove_partitions(rdd, Some(first))
    }

    fn remove_partitions(&self, rdd: RddId, first: Option<TaskId>) -> Removed {
        let mut table = self.table.lock();
        table.take_only_from(rdd, first);
        let names = table.names_of_rdd(rdd);
        drop(table);
        let blocks = names.into_iter().filter_map(|name| self.take(name));
        Removed { files: blocks.filter_map(|block| Some(block.disk?.path)).collect(), outputs: Vec::new() }
    }

    /// Removes every map output of a shuffle.
    pub fn remove_shuffle(&self, shuffle: ShuffleId) -> Removed {
        let outputs = self.shuffles.write().remove(&shuffle).unwrap_or_default();
        for &map_task in outputs.keys() {
            self.forget_output(BlockId::Shuffle { shuffle, map_task });
        }
        Removed { files: Vec::new(), outputs: outputs.into_values().collect() }
    }

    /// Takes a block out of the table and its memory back.
    fn take(&self, name: BlockId) -> Option<Block> {
        let mut table = self.table.lock();
        let block = table.remove(name)?;
        // Under the lock: if another task stores the block now, that is noted after this.
        self.note(name, None);
        drop(table);
        if let Some(memory) = &block.memory {
            self.memory.release_storage(memory.size);
        }
        Some(block)
    }

    /// Returns the memory of a map output that is in memory.
    fn forget_output(&self, name: BlockId) {
        let removed = self.table.lock().remove(name);
        if let Some(memory) = removed.and_then(|block| block.memory) {
            self.memory.release_storage(memory.size);
        }
    }
}
