//! Whole files as records. Spark: `WholeTextFileInputFormat` over Hadoop's `CombineFileInputFormat`.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::listing::{Nested, list_files};
use super::{InputOptions, decoder, java_utf8};
use crate::error::Result;

/// What a Java array can hold.
const MAX_CONTENT: u64 = i32::MAX as u64;

/// One file that is one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// The file, absolute and with its scheme: the key that Spark gives (`file:/data/x.txt`).
    pub path: String,
    /// Bytes on disk.
    pub size: u64,
}

/// The files of `paths` in groups, one for each partition: as many files as it takes to reach the total size
/// divided by `min_partitions`.
///
/// # Errors
/// As `text_splits`, except that a nested directory is passed over, as Spark does here.
pub fn whole_files(paths: &str, min_partitions: u32, options: &InputOptions) -> Result<Vec<Vec<FileRef>>> {
    let files = list_files(paths, if options.recursive { Nested::Read } else { Nested::PassOver })?;
    let total = files.iter().fold(0_u64, |total, file| total.saturating_add(file.size));
    let goal = total.div_ceil(u64::from(min_partitions.max(1)));
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut size = 0_u64;
    for file in files {
        size = size.saturating_add(file.size);
        group.push(FileRef { path: file.location.uri(), size: file.size });
        if goal > 0 && size >= goal {
            groups.push(std::mem::take(&mut group));
            size = 0;
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    Ok(groups)
}

/// The text of a file, decompressed by its extension; bytes that are not UTF-8 become U+FFFD as in Java.
///
/// # Errors
/// As `read_whole_bytes`.
pub fn read_whole(file: &FileRef) -> Result<String> {
    content(file).map(java_utf8::decode)
}

/// The bytes of a file, decompressed by its extension.
///
/// # Errors
/// `FileTooLarge` from 2 GiB of content on, those of decompression and of the store.
pub fn read_whole_bytes(file: &FileRef) -> Result<Bytes> {
    content(file).map(Bytes::from)
}

fn content(file: &FileRef) -> Result<Vec<u8>> {
    let mut input = decoder::open(&file.path, 0)?;
    let expected = file.size.min(MAX_CONTENT);
    let mut content = Vec::with_capacity(usize::try_from(expected).unwrap_or(0).saturating_add(1));
    input.read_to_end(&mut content, MAX_CONTENT)?;
    Ok(content)
}
