//! Text files, line by line or whole. Spark: `HadoopRDD` under `textFile`, `WholeTextFileRDD`.
//!
//! Splits are found on the driver and travel with their tasks; executors read the files themselves.

use bytes::Bytes;
use hearth_files::{FileRef, InputSplit, LineReader, TextOptions};
use hearth_types::RddId;

use super::{Dependency, Node, Parents, Records};
use crate::failure::OrThrow;
use crate::task::TaskContext;
use crate::wire::{self, WireError};

/// Lines of the splits of files.
pub(crate) struct TextFile {
    id: RddId,
    options: TextOptions,
    splits: Vec<Bytes>,
}

impl TextFile {
    pub(crate) fn new(id: RddId, splits: &[InputSplit], options: TextOptions) -> Result<Self, WireError> {
        let splits = splits.iter().map(|split| wire::encode("input split", split).map(Bytes::from));
        Ok(Self { id, options, splits: splits.collect::<Result<_, _>>()? })
    }
}

impl Node for TextFile {
    type Item = String;
    type Wire = (RddId, TextOptions);

    fn kind(&self) -> &'static str {
        "HadoopRDD"
    }

    fn to_wire(&self) -> Result<Self::Wire, WireError> {
        Ok((self.id, self.options.clone()))
    }

    fn from_wire((id, options): Self::Wire, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { id, options, splits: Vec::new() })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<String> {
        let split: InputSplit = wire::decode("input split", &task.input(self.id, split)).or_throw();
        let reader = LineReader::open(&split, &self.options).or_throw();
        Records::new(Lines { reader, lines: 0, task: task.clone() })
    }

    fn input(&self, split: u32) -> Option<Bytes> {
        self.splits.get(split as usize).cloned()
    }
}

/// Counts what it read when it is dropped.
struct Lines {
    reader: LineReader,
    lines: u64,
    task: TaskContext,
}

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.task.check_interrupted();
        let line = self.reader.next()?.or_throw();
        self.lines += 1;
        Some(line)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.task.add_input(self.reader.bytes_read(), self.lines);
    }
}

/// Whole files with their paths, several to a partition.
pub(crate) struct WholeTextFiles {
    id: RddId,
    splits: Vec<Bytes>,
}

impl WholeTextFiles {
    pub(crate) fn new(id: RddId, splits: &[Vec<FileRef>]) -> Result<Self, WireError> {
        let splits = splits.iter().map(|files| wire::encode("input files", files).map(Bytes::from));
        Ok(Self { id, splits: splits.collect::<Result<_, _>>()? })
    }
}

impl Node for WholeTextFiles {
    type Item = (String, String);
    type Wire = RddId;

    fn kind(&self) -> &'static str {
        "WholeTextFileRDD"
    }

    fn to_wire(&self) -> Result<RddId, WireError> {
        Ok(self.id)
    }

    fn from_wire(id: RddId, _: Parents<'_>) -> Result<Self, WireError> {
        Ok(Self { id, splits: Vec::new() })
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<(String, String)> {
        let files: Vec<FileRef> = wire::decode("input files", &task.input(self.id, split)).or_throw();
        let task = task.clone();
        Records::new(files.into_iter().map(move |file| {
            task.check_interrupted();
            let text = hearth_files::read_whole(&file).or_throw();
            task.add_input(text.len() as u64, 1);
            (file.path, text)
        }))
    }

    fn input(&self, split: u32) -> Option<Bytes> {
        self.splits.get(split as usize).cloned()
    }
}
