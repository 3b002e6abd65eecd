//! Makes the block manager of a process as its configuration says. Spark: `SparkEnv.create`, `UnifiedMemoryManager.apply`.

use std::path::PathBuf;
use std::sync::Arc;

use hearth_conf::entries::hearth::{HEARTH_MEMORY_RESERVED, HEARTH_SHUFFLE_MAX_IN_MEMORY_SIZE};
use hearth_conf::entries::shuffle::{IO_COMPRESSION_CODEC, SHUFFLE_CHECKSUM_ENABLED, SHUFFLE_COMPRESS};
use hearth_conf::entries::storage::{MEMORY_FRACTION, MEMORY_STORAGE_FRACTION};
use hearth_conf::{Codec, SparkConf};
use hearth_storage::codec::Compression;
use hearth_storage::{BlockManager, BlockManagerConf, MemoryConf, MemoryManager};
use hearth_types::ExecutorId;

/// Why there is no block manager.
#[derive(Debug, thiserror::Error)]
pub enum BlockStorageError {
    /// A setting has a value that is not allowed.
    #[error("read the configuration")]
    Conf {
        /// Which, and what is allowed.
        #[from]
        source: hearth_conf::Error,
    },
    /// Its directory cannot be made or used.
    #[error("set up storage in {dir:?}")]
    Storage {
        /// The directory.
        dir: PathBuf,
        /// What went wrong.
        source: hearth_storage::Error,
    },
}

/// Bytes that execution and storage share in a process that was given `memory` bytes.
///
/// # Errors
/// A setting has a value that is not allowed.
pub fn unified_memory(conf: &SparkConf, memory: u64) -> Result<u64, hearth_conf::Error> {
    let usable = memory.saturating_sub(conf.get_entry(&HEARTH_MEMORY_RESERVED)?.0);
    Ok((usable as f64 * conf.get_entry(&MEMORY_FRACTION)?) as u64)
}

/// The block manager of `executor`, which was given `memory` bytes and keeps its files in `local_dir`.
///
/// # Errors
/// A setting has a value that is not allowed, or the directory cannot be used.
pub fn open_block_manager(
    conf: &SparkConf,
    executor: ExecutorId,
    memory: u64,
    local_dir: PathBuf,
) -> Result<Arc<BlockManager>, BlockStorageError> {
    let memory = MemoryManager::new(MemoryConf {
        total: unified_memory(conf, memory)?,
        storage_fraction: conf.get_entry(&MEMORY_STORAGE_FRACTION)?,
    });
    let codec = match conf.get_entry(&IO_COMPRESSION_CODEC)? {
        Codec::Lz4 => Compression::Lz4,
        Codec::None => Compression::None,
    };
    let settings = BlockManagerConf {
        compression: if conf.get_entry(&SHUFFLE_COMPRESS)? { codec } else { Compression::None },
        checksum: conf.get_entry(&SHUFFLE_CHECKSUM_ENABLED)?,
        shuffle_max_in_memory: conf.get_entry(&HEARTH_SHUFFLE_MAX_IN_MEMORY_SIZE)?.0,
        ..BlockManagerConf::new(executor, local_dir.clone(), memory)
    };
    BlockManager::new(settings).map_err(|source| BlockStorageError::Storage { dir: local_dir, source })
}
