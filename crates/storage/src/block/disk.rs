//! Files of blocks below the local directory. Spark: `DiskBlockManager`, `DiskStore`.
//!
//! A file appears under its name only when it is complete. Spills have no name at all, so nothing of them survives the process.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hearth_types::BlockId;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::table::OnDisk;
use crate::codec::{Framing, SegmentWriter};
use crate::error::Corruption;
use crate::shuffle::IndexCache;
use crate::{Error, Result, remove_dir};

/// `spark.diskStore.subDirectories` as Spark has it.
const SUB_DIRECTORIES: u32 = 64;

/// The directory of one block manager.
#[derive(Debug)]
pub(crate) struct DiskStore {
    root: PathBuf,
    /// Numbers the files of blocks: two tasks may store the same block at a time, or one while another removes it.
    next_file: AtomicU64,
    index_cache: Arc<IndexCache>,
}

impl DiskStore {
    pub(super) fn new(root: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&root).map_err(Error::file("create local directory", &root))?;
        Ok(Self { root, next_file: AtomicU64::new(0), index_cache: Arc::default() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the file of this name belongs: `<root>/<2 hex>/<name>`. Makes the directory.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf> {
        let directory = self.root.join(format!("{:02x}", crc32fast::hash(name.as_bytes()) % SUB_DIRECTORIES));
        std::fs::create_dir_all(&directory).map_err(Error::file("create directory", &directory))?;
        Ok(directory.join(name))
    }

    /// Counts the indexes of map outputs that are kept in memory.
    pub(crate) fn index_cache(&self) -> &Arc<IndexCache> {
        &self.index_cache
    }

    /// Where a new file of a block belongs.
    pub(super) fn unique_path(&self, block: BlockId) -> Result<PathBuf> {
        self.path(&format!("{block}.{}", self.next_file.fetch_add(1, Ordering::Relaxed)))
    }

    /// A file without a name, for spills: it goes with its last handle.
    pub(crate) fn spill_file(&self) -> Result<File> {
        tempfile::tempfile_in(&self.root).map_err(Error::file("create spill file in", &self.root))
    }

    pub(super) fn delete_all(&self) {
        remove_dir(&self.root);
    }
}

/// Deletes a file; that it is gone already is no error.
pub(crate) fn delete_file(path: &Path) {
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(path = %path.display(), %error, "cannot delete block file"),
    }
}

/// Opens a temporary file beside `path`, to be renamed when it is complete.
pub(crate) fn temporary_beside(path: &Path) -> Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(path);
    NamedTempFile::with_prefix_in("temp_", directory).map_err(Error::file("create file in", directory))
}

/// Gives a complete temporary file its name.
pub(crate) fn persist(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist(path).map(drop).map_err(|failed| Error::file("rename to", path)(failed.error))
}

/// Writes one block's file: records in frames, or bytes as they are.
pub(super) struct BlockFileWriter {
    file: NamedTempFile,
    path: PathBuf,
    frames: SegmentWriter,
    hasher: crc32fast::Hasher,
    size: u64,
}

impl BlockFileWriter {
    pub(super) fn create(path: PathBuf, framing: Framing) -> Result<Self> {
        let file = temporary_beside(&path)?;
        Ok(Self {
            file,
            path,
            frames: SegmentWriter::new(framing),
            hasher: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    pub(super) fn push<T: Serialize>(&mut self, record: &T) -> Result<()> {
        self.frames.push(record)?;
        if self.frames.take_closed().len() >= 256 * 1024 { self.flush() } else { Ok(()) }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file("write", &self.path))?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let closed = std::mem::take(self.frames.take_closed());
        self.write(&closed)?;
        let reused = self.frames.take_closed();
        *reused = closed;
        reused.clear();
        Ok(())
    }

    /// Gives the file its name.
    pub(super) fn finish(mut self) -> Result<OnDisk> {
        self.frames.close_frame();
        self.flush()?;
        persist(self.file, &self.path)?;
        Ok(OnDisk { path: self.path, size: self.size, checksum: self.hasher.finalize() })
    }
}

impl OnDisk {
    /// The whole file, compared with what was written.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        let mut file = File::open(&self.path).map_err(Error::file("open", &self.path))?;
        let found = file.seek(std::io::SeekFrom::End(0)).map_err(Error::file("read", &self.path))?;
        if found != self.size {
            return Err(Error::Corrupt(Corruption::Length { found, expected: self.size }));
        }
        file.rewind().map_err(Error::file("read", &self.path))?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0));
        file.read_to_end(&mut bytes).map_err(Error::file("read", &self.path))?;
        let found = crc32fast::hash(&bytes);
        if found == self.checksum {
            Ok(bytes)
        } else {
            Err(Error::Corrupt(Corruption::Checksum { found, expected: self.checksum }))
        }
    }
}
