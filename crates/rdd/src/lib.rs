//! The Rust front door: RDDs, their lineage, the closures that travel, and the tasks that run them.
//!
//! Applications link the `hearth` crate, which re-exports what is public here.
//! Spark: `org.apache.spark.rdd`, `SparkContext`, `org.apache.spark.scheduler.Task`.
#![warn(missing_docs)]

mod aggregator;
mod checkpoint;
mod closure;
mod context;
mod error;
mod failure;
mod graph;
mod node;
mod partitioner;
mod rdd;
mod shuffle;
mod snapshot;
mod start;
mod task;
mod wire;

pub use context::{
    Accumulator, AccumulatorV2, Broadcast, CollectionAccumulator, DoubleAccumulator, LongAccumulator,
    SparkContext,
};
pub use error::{Error, Result};
pub use node::Records;
pub use partitioner::{HashPartitioner, Partitioner, RangePartitioner};
pub use rdd::{Histogram, Numeric, Rdd, Replacement, StatCounter, State};
pub use task::{RddRunner, TaskContext};
pub use wire::WireError;
