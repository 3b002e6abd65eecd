//! Saving in two phases. Spark: `SparkHadoopWriter` over Hadoop's `FileOutputCommitter`, algorithm version 1.
//!
//! ```text
//! OUT/_temporary/0/_temporary/attempt_<job>_m_<partition>_<task>   written by an attempt
//! OUT/_temporary/0/task_<job>_m_<partition>                        after its commit
//! OUT/part-00000, then OUT/_SUCCESS                                after the job's commit
//! ```
//! The attempt and the task are single files in ours, where Hadoop has a directory with the part inside:
//! object stores have no directories to move, and a file system makes and removes thousands of them slowly.

mod job;
mod names;
mod sink;
mod task;

#[cfg(test)]
mod tests;

pub use job::OutputJob;
pub use task::TaskOutput;

/// The file that says that a directory is complete.
pub const SUCCESS_FILE: &str = "_SUCCESS";
