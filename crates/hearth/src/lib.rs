//! Spark applications in Rust, without the JVM.
//!
//! An application is an ordinary program that makes a [`SparkContext`], transforms [`Rdd`]s and runs actions:
//!
//! ```
//! use hearth::prelude::*;
//!
//! fn main() -> Result<(), hearth::Error> {
//!     let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "even numbers"))?;
//!     let even = sc.range(0, 1_000, 1, 8).filter(|n| n % 2 == 0).count()?;
//!     println!("{even} even numbers");
//!     Ok(())
//! }
//! ```
//!
//! Started by itself, with `cargo run` or in a test, it runs on all cores of its own process (`local[*]`).
//! `hearth run APP.yaml` starts the same binary as a driver with executor processes, as its manifest says; so does the
//! master `local-cluster[executors,cores,memoryMB]`.
//!
//! # Closures
//!
//! A closure runs on executors, in another process. One that captures nothing travels by itself; a variable of the
//! driver goes through the `_with` form of the method, which every capture refused by the compiler names, or through a
//! [`Broadcast`]:
//!
//! ```
//! # use hearth::prelude::*;
//! # fn main() -> Result<(), hearth::Error> {
//! # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
//! let least = 995;
//! let large = sc.range(0, 1_000, 1, 8).filter_with(least, |least, n| n >= least);
//! assert_eq!(large.count()?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! # Executors are this program
//!
//! Executor processes run the same binary. They never reach its `main`: linking this crate makes a process that was
//! started as an executor become one before that.
#![warn(missing_docs)]

mod enter;
mod first_process;

pub use hearth_conf::SparkConf;
pub use hearth_driver::{
    ExecutorInfo, JobError, JobInfo, JobStatus, Listener, StageStatusInfo, StatusTracker,
};
pub use hearth_rdd::{
    Accumulator, AccumulatorV2, Broadcast, CollectionAccumulator, DoubleAccumulator, Error, HashPartitioner,
    Histogram, LongAccumulator, Numeric, Partitioner, RangePartitioner, Rdd, Records, Replacement, Result,
    SparkContext, StatCounter, State, TaskContext,
};
pub use hearth_types::{
    BlockUpdate, ExecutorId, ExecutorLossReason, ExecutorMetrics, HostName, JobId, JobOutcome, JobProperties,
    ListenerEvent, RddId, StageId, StageInfo, StorageLevel, TaskEndReason, TaskInfo, TaskMetrics, TaskStatus,
    Timestamp,
};

/// What nearly every application needs.
pub mod prelude {
    pub use crate::{
        Accumulator, AccumulatorV2, Broadcast, HashPartitioner, Partitioner, RangePartitioner, Rdd,
        Replacement, SparkConf, SparkContext, StorageLevel, TaskContext,
    };
}

/// Applications allocate many small records; this allocator is made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
