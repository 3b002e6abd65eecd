//! A sorted run: in memory, or in a file of its own. Spark: `SpillReader`, `DiskMapIterator`.

use std::fs::File;
use std::io::{Seek, Write};

use serde::{Serialize, de::DeserializeOwned};

use super::context::SpillContext;
use crate::codec::{FramedFile, SegmentWriter};
use crate::{Error, Result};

/// How much is written to a file at a time.
const WRITE_SIZE: usize = 256 * 1024;

/// A run that was written.
pub(super) struct SpilledRun {
    file: File,
    len: u64,
}

impl SpilledRun {
    /// Writes a run; its file has no name and goes with it. `memory` is what the records had in memory.
    pub(super) fn write<T: Serialize>(
        ctx: &SpillContext,
        memory: u64,
        records: impl Iterator<Item = Result<T>>,
    ) -> Result<Self> {
        let directory = ctx.blocks().local_dir();
        let mut file = ctx.blocks().disk().spill_file()?;
        let mut frames = SegmentWriter::new(ctx.blocks().framing());
        let mut len = 0;
        let mut flush = |bytes: &mut Vec<u8>| {
            file.write_all(bytes).map_err(Error::file("write spill file in", directory))?;
            len += bytes.len() as u64;
            bytes.clear();
            Ok(())
        };
        for record in records {
            frames.push(&record?)?;
            if frames.take_closed().len() >= WRITE_SIZE {
                flush(frames.take_closed())?;
            }
        }
        frames.close_frame();
        flush(frames.take_closed())?;
        ctx.note(memory, len);
        Ok(Self { file, len })
    }

    /// The records, from the first.
    pub(super) fn read<T: DeserializeOwned>(mut self, ctx: &SpillContext) -> Result<FramedFile<T>> {
        let directory = ctx.blocks().local_dir();
        self.file.rewind().map_err(Error::file("read spill file in", directory))?;
        Ok(FramedFile::new(self.file, directory, self.len))
    }
}

/// A run that is being read.
pub(super) enum Run<T> {
    Memory(std::vec::IntoIter<T>),
    Disk(Box<FramedFile<T>>),
}

impl<T: DeserializeOwned> Iterator for Run<T> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        match self {
            Self::Memory(records) => records.next().map(Ok),
            Self::Disk(records) => records.next(),
        }
    }
}
