//! What the tests of this crate share.

use std::sync::Arc;

use hearth_types::{ExecutorId, TaskId};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use tempfile::TempDir;

use crate::{BlockManager, BlockManagerConf, MemoryConf, MemoryManager, TaskMemory};

/// A block manager with its own directory and memory.
pub(crate) struct Fixture {
    pub(crate) directory: TempDir,
    pub(crate) memory: Arc<MemoryManager>,
    pub(crate) blocks: Arc<BlockManager>,
}

impl Fixture {
    /// With `total` bytes, half of it storage's own.
    pub(crate) fn new(total: u64) -> Self {
        Self::with(total, |_| {})
    }

    pub(crate) fn with(total: u64, change: impl FnOnce(&mut BlockManagerConf)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let memory = MemoryManager::new(MemoryConf { total, storage_fraction: 0.5 });
        let mut conf =
            BlockManagerConf::new(ExecutorId(1), directory.path().join("blocks"), Arc::clone(&memory));
        change(&mut conf);
        let blocks = BlockManager::new(conf).unwrap();
        Self { directory, memory, blocks }
    }

    pub(crate) fn task(&self, id: u64) -> TaskMemory {
        self.memory.task(TaskId(id))
    }

    /// Makes the local directory unusable, for root too: a file takes its place.
    pub(crate) fn break_directory(&self) {
        std::fs::remove_dir_all(self.blocks.local_dir()).unwrap();
        std::fs::write(self.blocks.local_dir(), b"in the way").unwrap();
    }

    /// Every file below the local directory.
    pub(crate) fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files = Vec::new();
        let mut directories = vec![self.blocks.local_dir().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { directories.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }
}

/// Numbers that are the same in every run.
pub(crate) struct Random(Pcg64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Flips a bit in the middle of a file.
pub(crate) fn damage(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}
