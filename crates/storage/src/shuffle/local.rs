//! Reading a piece of an output of this process, a few megabytes at a time. Spark: `FileSegmentManagedBuffer`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::Bytes;

use crate::codec::{Checksums, Segment, whole_frames};
use crate::error::Corruption;
use crate::{Error, Result};

/// How much of a file is read at a time, if a frame is not larger.
const WINDOW: u64 = 4 << 20;

/// A part of a data file, given out as segments of whole frames.
pub(super) struct FileFrames {
    file: File,
    path: PathBuf,
    at: u64,
    end: u64,
}

impl FileFrames {
    pub(super) fn new(file: File, path: PathBuf, start: u64, end: u64) -> Self {
        Self { file, path, at: start, end }
    }

    /// The next frames, checksums compared. Damaged bytes are read once more before they are an error.
    pub(super) fn next_segment(&mut self) -> Result<Option<Segment>> {
        if self.at == self.end {
            return Ok(None);
        }
        let bytes = match self.read_frames() {
            Err(error) if error.is_corruption() => self.read_frames()?,
            read => read?,
        };
        self.at += bytes.len() as u64;
        Ok(Some(Segment::trusted(Bytes::from(bytes))))
    }

    fn read_frames(&self) -> Result<Vec<u8>> {
        let left = self.end - self.at;
        let mut len = left.min(WINDOW);
        loop {
            let mut bytes = vec![0; usize::try_from(len).map_err(|_| Error::Corrupt(Corruption::Truncated))?];
            self.file.read_exact_at(&mut bytes, self.at).map_err(Error::file("read", &self.path))?;
            let whole = whole_frames(&bytes, Checksums::Compare).map_err(Error::Corrupt)?;
            if whole > 0 {
                bytes.truncate(whole);
                return Ok(bytes);
            }
            if len == left {
                return Err(Error::Corrupt(Corruption::Truncated));
            }
            len = left.min(len * 4);
        }
    }
}
