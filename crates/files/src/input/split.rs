//! Cutting files into splits. Spark: Hadoop's `FileInputFormat.getSplits` (the `mapred` one, as `textFile` uses it).

use serde::{Deserialize, Serialize};

use super::InputOptions;
use super::listing::{File, Nested, list_files};
use crate::codec::Codec;
use crate::error::Result;

/// Hadoop's `fs.local.block.size`.
const LOCAL_BLOCK: u64 = 32 << 20;

/// A range of one file that one task reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSplit {
    /// The file, absolute and with its scheme as Spark prints it (`file:/data/x.txt`).
    pub path: String,
    /// The first byte.
    pub start: u64,
    /// Bytes in this split; for a compressed file the whole file.
    pub length: u64,
    /// Bytes in the whole file.
    pub size: u64,
    /// Hosts that hold the bytes; empty when every executor reaches them alike.
    pub hosts: Vec<String>,
}

/// The splits of `paths`, as Spark's `textFile` makes them: a comma list of files, directories and globs.
///
/// # Errors
/// `InvalidInput` with Spark's sentences for what does not exist or matches nothing, `NotAFile` for a directory
/// inside a directory unless `recursive`, and those of the store.
pub fn text_splits(paths: &str, min_partitions: u32, options: &InputOptions) -> Result<Vec<InputSplit>> {
    let files = list_files(paths, if options.recursive { Nested::Read } else { Nested::Refuse })?;
    let total = files.iter().fold(0_u64, |total, file| total.saturating_add(file.size));
    let goal = total / u64::from(min_partitions.max(1));
    let split_size = goal.min(LOCAL_BLOCK).max(options.min_split_size).min(options.max_split_size).max(1);
    let mut splits = Vec::new();
    for file in files.iter().filter(|file| file.size > 0 || !options.ignore_empty) {
        split_file(file, split_size, &mut splits)?;
    }
    Ok(splits)
}

fn split_file(file: &File, split_size: u64, splits: &mut Vec<InputSplit>) -> Result<()> {
    let path = file.location.uri();
    let size = file.size;
    let mut add = |start: u64, length: u64| {
        splits.push(InputSplit { path: path.clone(), start, length, size, hosts: Vec::new() });
    };
    if Codec::of_file(&path)?.is_some() {
        add(0, size);
        return Ok(());
    }
    let mut start = 0;
    // The last split may be a tenth larger, so that none is tiny.
    while (size - start) as f64 / split_size as f64 > 1.1 {
        add(start, split_size);
        start += split_size;
    }
    if start < size || size == 0 {
        add(start, size - start);
    }
    Ok(())
}
