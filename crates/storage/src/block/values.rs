//! Cached values without their type, and with it again. Spark: `DeserializedMemoryEntry`.

use std::any::Any;
use std::sync::Arc;

use super::disk::BlockFileWriter;
use crate::codec::Framing;
use crate::codec::SegmentWriter;
use crate::{Data, Result};

/// The values of one partition, type unknown.
pub(super) trait CachedValues: Send + Sync {
    /// For a downcast to `Vec<T>`.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;

    /// Writes all records to a file.
    fn write_to(&self, file: &mut BlockFileWriter) -> Result<()>;

    /// All records as a segment.
    fn to_segment(&self, framing: Framing) -> Result<bytes::Bytes>;
}

impl<T: Data> CachedValues for Vec<T> {
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn write_to(&self, file: &mut BlockFileWriter) -> Result<()> {
        self.iter().try_for_each(|record| file.push(record))
    }

    fn to_segment(&self, framing: Framing) -> Result<bytes::Bytes> {
        let mut writer = SegmentWriter::new(framing);
        self.iter().try_for_each(|record| writer.push(record))?;
        Ok(writer.finish())
    }
}

/// Clones of values that stay where they are.
pub(super) struct SharedValues<T> {
    values: Arc<Vec<T>>,
    at: usize,
}

impl<T> SharedValues<T> {
    pub(super) fn new(values: Arc<Vec<T>>) -> Self {
        Self { values, at: 0 }
    }
}

impl<T: Clone> Iterator for SharedValues<T> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        let value = self.values.get(self.at)?.clone();
        self.at += 1;
        Some(Ok(value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.values.len() - self.at;
        (left, Some(left))
    }
}
