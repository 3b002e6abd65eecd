//! Names of the local properties: what a thread of the program says about the jobs it submits. Spark:
//! `SparkContext.setLocalProperty`.
//!
//! They belong to a thread, not to the application, so in a [`SparkConf`](crate::SparkConf) they have no effect.

/// The FAIR pool of the thread's jobs.
pub const SCHEDULER_POOL: &str = "spark.scheduler.pool";
/// The group of the thread's jobs, by which they can be cancelled together.
pub const JOB_GROUP_ID: &str = "spark.jobGroup.id";
/// What people read about the thread's jobs.
pub const JOB_DESCRIPTION: &str = "spark.job.description";
/// The tags of the thread's jobs, joined with commas.
pub const JOB_TAGS: &str = "spark.job.tags";
/// Whether cancelling the thread's jobs tells the threads that run their tasks at once.
pub const JOB_INTERRUPT_ON_CANCEL: &str = "spark.job.interruptOnCancel";

/// All of them.
pub const ALL: [&str; 5] = [SCHEDULER_POOL, JOB_GROUP_ID, JOB_DESCRIPTION, JOB_TAGS, JOB_INTERRUPT_ON_CANCEL];
