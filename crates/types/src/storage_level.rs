//! Where a persisted partition may live. Spark: `StorageLevel`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where and how the partitions of a persisted RDD are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StorageLevel {
    /// May be written to disk.
    pub disk: bool,
    /// May be held in memory.
    pub memory: bool,
    /// Held in memory as values rather than as bytes.
    pub deserialized: bool,
}

impl StorageLevel {
    /// Not persisted.
    pub const NONE: Self = Self { disk: false, memory: false, deserialized: false };
    /// On disk, as bytes.
    pub const DISK_ONLY: Self = Self { disk: true, memory: false, deserialized: false };
    /// In memory, as values; what does not fit is computed again each time.
    pub const MEMORY_ONLY: Self = Self { disk: false, memory: true, deserialized: true };
    /// In memory, as bytes; what does not fit is computed again each time.
    pub const MEMORY_ONLY_SER: Self = Self { disk: false, memory: true, deserialized: false };
    /// In memory, as values; what does not fit goes to disk.
    pub const MEMORY_AND_DISK: Self = Self { disk: true, memory: true, deserialized: true };
    /// In memory, as bytes; what does not fit goes to disk.
    pub const MEMORY_AND_DISK_SER: Self = Self { disk: true, memory: true, deserialized: false };

    /// Whether anything is kept at all.
    pub const fn is_valid(self) -> bool {
        self.disk || self.memory
    }
}

/// The description that Spark's UI and `toDebugString` print, for instance `Memory Deserialized 1x Replicated`.
impl fmt::Display for StorageLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.disk {
            f.write_str("Disk ")?;
        }
        if self.memory {
            f.write_str("Memory ")?;
        }
        f.write_str(if self.deserialized { "Deserialized " } else { "Serialized " })?;
        f.write_str("1x Replicated")
    }
}
