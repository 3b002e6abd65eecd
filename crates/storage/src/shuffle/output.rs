//! The output of one map task, in memory or on disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hearth_types::{BlockId, ShuffleId, TaskId};
use parking_lot::RwLock;

use super::index::{Index, IndexCache};
use crate::block::{DiskStore, delete_file, persist, temporary_beside};
use crate::{Error, Result};

/// Every map output of a process.
pub(crate) type ShuffleOutputs = BTreeMap<ShuffleId, BTreeMap<TaskId, Arc<MapOutput>>>;

/// The output of one map task.
pub(crate) struct MapOutput {
    name: BlockId,
    place: RwLock<Place>,
}

enum Place {
    Memory { bytes: Bytes, index: Index },
    Disk(OutputFiles),
    Deleted,
}

/// What one reader wants of an output.
pub(crate) enum Piece {
    Memory(Bytes),
    /// `start .. end` of a file that stays readable when the output is deleted.
    File {
        file: File,
        path: PathBuf,
        start: u64,
        end: u64,
    },
}

impl Piece {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { start, end, .. } => end - start,
        }
    }
}

impl MapOutput {
    pub(crate) fn in_memory(name: BlockId, bytes: Bytes, index: Index) -> Self {
        Self { name, place: RwLock::new(Place::Memory { bytes, index }) }
    }

    pub(crate) fn on_disk(name: BlockId, files: OutputFiles) -> Self {
        Self { name, place: RwLock::new(Place::Disk(files)) }
    }

    /// The bytes for reduce partitions `start .. end`; `None` when the output is deleted or has fewer partitions.
    pub(crate) fn piece(&self, start: u32, end: u32) -> Result<Option<Piece>> {
        match &*self.place.read() {
            Place::Memory { bytes, index } => Ok(index.range(start, end).and_then(|(from, to)| {
                let range = usize::try_from(from).ok()?..usize::try_from(to).ok()?;
                Some(Piece::Memory(bytes.slice(range)))
            })),
            Place::Disk(files) => files.piece(start, end),
            Place::Deleted => Ok(None),
        }
    }

    /// Writes an output that is in memory to files. It stays readable all the time.
    pub(crate) fn move_to_disk(&self, disk: &DiskStore) -> Result<()> {
        let (bytes, index) = match &*self.place.read() {
            Place::Memory { bytes, index } => (bytes.clone(), index.clone()),
            Place::Disk(_) | Place::Deleted => return Ok(()),
        };
        let mut writer = OutputFileWriter::create(self.name, disk)?;
        writer.write(&bytes)?;
        let files = writer.finish(&index)?;
        let mut place = self.place.write();
        match &*place {
            Place::Memory { .. } => *place = Place::Disk(files),
            Place::Disk(_) | Place::Deleted => files.delete(),
        }
        Ok(())
    }

    /// Deletes the bytes; readers that have their piece keep it.
    pub(crate) fn delete(&self) {
        if let Place::Disk(files) = std::mem::replace(&mut *self.place.write(), Place::Deleted) {
            files.delete();
        }
    }
}

/// The two files of an output on disk.
pub(crate) struct OutputFiles {
    data: PathBuf,
    index: PathBuf,
    cache: Arc<IndexCache>,
    loaded: OnceLock<Index>,
}

impl OutputFiles {
    fn piece(&self, start: u32, end: u32) -> Result<Option<Piece>> {
        let index = match self.loaded.get() {
            Some(index) => index.clone(),
            None => self.load()?,
        };
        let Some((start, end)) = index.range(start, end) else { return Ok(None) };
        let file = File::open(&self.data).map_err(Error::file("open", &self.data))?;
        Ok(Some(Piece::File { file, path: self.data.clone(), start, end }))
    }

    fn load(&self) -> Result<Index> {
        let index = Index::read(&self.index, &self.data)?;
        if self.cache.acquire(index.memory()) && self.loaded.set(index.clone()).is_err() {
            self.cache.release(index.memory());
        }
        Ok(index)
    }

    fn delete(&self) {
        delete_file(&self.data);
        delete_file(&self.index);
    }
}

impl Drop for OutputFiles {
    fn drop(&mut self) {
        if let Some(index) = self.loaded.get() {
            self.cache.release(index.memory());
        }
    }
}

/// Writes the two files; nothing is left of them unless `finish` succeeds.
pub(crate) struct OutputFileWriter {
    file: tempfile::NamedTempFile,
    data: PathBuf,
    index: PathBuf,
    cache: Arc<IndexCache>,
}

impl OutputFileWriter {
    pub(crate) fn create(name: BlockId, disk: &DiskStore) -> Result<Self> {
        let data = disk.path(&format!("{name}.data"))?;
        let index = disk.path(&format!("{name}.index"))?;
        Ok(Self { file: temporary_beside(&data)?, data, index, cache: Arc::clone(disk.index_cache()) })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file("write", &self.data))
    }

    pub(crate) fn finish(self, index: &Index) -> Result<OutputFiles> {
        let mut index_file = temporary_beside(&self.index)?;
        index_file.write_all(&index.to_bytes()).map_err(Error::file("write", &self.index))?;
        persist(self.file, &self.data)?;
        if let Err(error) = persist(index_file, &self.index) {
            delete_file(&self.data);
            return Err(error);
        }
        Ok(OutputFiles { data: self.data, index: self.index, cache: self.cache, loaded: OnceLock::new() })
    }
}
