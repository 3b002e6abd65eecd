//! What an executor keeps: cached partitions, map outputs, broadcasts; and the memory for that and for computing.
//!
//! `codec` turns records into bytes, `memory` says how much may be held, `block` holds it, `shuffle` and `transfer` move
//! it between tasks and processes, `spill` groups and sorts more than fits.
//! Spark: `org.apache.spark.storage`, `.memory`, `.shuffle`, `.util.collection`.
#![warn(missing_docs)]

pub mod codec;

mod block;
mod data;
mod error;
mod hash;
mod memory;
mod prefix;
mod remove_dir;
mod shuffle;
mod size;
mod spill;
#[cfg(test)]
mod testing;
mod transfer;

pub use block::{BlockManager, BlockManagerConf, BlockRecords, Put, Removed};
pub use data::Data;
pub use error::{Corruption, Error, FileError, Result};
pub use hash::{hash_key, reduce_of};
pub use memory::{MemoryConf, MemoryManager, MemoryUsage, TaskMemory};
pub use prefix::sort_prefix;
pub use remove_dir::remove_dir;
pub use shuffle::{
    FetchContext, FetchError, FetchLimits, FetchRequest, MapOutputWriter, Remote, ShuffleReader, SpillMetrics,
};
pub use size::heap_size;
pub use spill::{ExternalAggregator, ExternalSorter, SpillContext};
pub use transfer::{BlockClient, BlockService};
