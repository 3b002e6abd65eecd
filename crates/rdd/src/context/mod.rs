//! The way into an application: makes RDDs, broadcasts and accumulators, and runs jobs. Spark: `SparkContext`.

mod accumulator;
mod broadcast;
mod input;
mod jobs;
mod properties;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use hearth_conf::SparkConf;
use hearth_driver::{DriverHandle, Listener, StatusTracker};
use hearth_scheduler::CancelTarget;
use hearth_types::{JobId, RddId, ShuffleId, StageId};
use parking_lot::RwLock;

use crate::error::Result;
use crate::start;

pub use accumulator::{
    Accumulator, AccumulatorV2, CollectionAccumulator, DoubleAccumulator, LongAccumulator,
};
pub use broadcast::Broadcast;
pub(crate) use broadcast::decode as decode_broadcast;
pub(crate) use input::bad_argument;
pub(crate) use properties::current_properties;

/// The main entry point of an application. Cheap to clone; may be used from several threads at a time.
///
/// Spark: `SparkContext`.
///
/// ```
/// use hearth::prelude::*;
///
/// # fn main() -> Result<(), hearth::Error> {
/// let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
/// assert_eq!(sc.range(0, 1_000, 1, 8).filter(|n| n % 3 == 0).count()?, 334);
/// sc.stop();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SparkContext {
    inner: Arc<Inner>,
}

struct Inner {
    driver: DriverHandle,
    conf: SparkConf,
    default_parallelism: u32,
    configured_parallelism: Option<u32>,
    checkpoint_dir: RwLock<Option<String>>,
    next_rdd: AtomicU32,
    next_shuffle: AtomicU32,
    next_accumulator: AtomicU64,
}

impl SparkContext {
    /// Starts an application. What `conf` does not set comes from the launcher (`hearth run`), else it is Spark's default;
    /// without `spark.master` it runs as `local[*]` in this process.
    ///
    /// `spark.master` is `local`, `local[N]`, `local[*]`, or `local-cluster[executors,cores,memoryMB]`.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// let conf = SparkConf::new().with("spark.master", "local[2]").with("spark.app.name", "example");
    /// let sc = SparkContext::new(conf)?;
    /// assert_eq!(sc.range(0, 10, 1, 4).count()?, 10);
    ///
    /// let wrong = SparkContext::new(SparkConf::new().with("spark.master", "moon"));
    /// assert!(wrong.unwrap_err().to_string().contains("is not a master"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A setting that is wrong, a port in use, executors that do not start.
    ///
    /// Spark: `SparkContext.getOrCreate`
    pub fn new(conf: SparkConf) -> Result<Self> {
        let started = start::start(conf)?;
        Ok(Self {
            inner: Arc::new(Inner {
                driver: started.driver,
                conf: started.conf,
                default_parallelism: started.default_parallelism,
                configured_parallelism: started.configured_parallelism,
                checkpoint_dir: RwLock::new(started.checkpoint_dir),
                next_rdd: AtomicU32::new(0),
                next_shuffle: AtomicU32::new(0),
                next_accumulator: AtomicU64::new(0),
            }),
        })
    }

    /// Ends the application: cancels what runs, stops the executors, deletes temporary files. Further calls do nothing.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.range(0, 10, 1, 2);
    /// sc.stop();
    /// assert!(numbers.count().is_err(), "there is nobody left to count");
    /// sc.stop();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.stop`
    pub fn stop(&self) {
        self.inner.driver.stop();
        start::wait_if_exiting();
    }

    /// The configuration the application runs with.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.conf().get("spark.master"), Some("local[2]"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.getConf`
    pub fn conf(&self) -> &SparkConf {
        &self.inner.conf
    }

    /// The identifier of this application.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// let sc = SparkContext::new(
    ///     SparkConf::new().with("spark.master", "local[2]").with("spark.app.id", "nightly-7"),
    /// )?;
    /// assert_eq!(sc.application_id(), "nightly-7");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.applicationId`
    pub fn application_id(&self) -> String {
        self.inner.driver.application_id()
    }

    /// How many partitions an operation makes when it is not told: `spark.default.parallelism`, else the number of all
    /// slots, at least 2 with several processes.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.default_parallelism(), 2, "the slots of local[2]");
    /// assert_eq!(sc.parallelize(0..10, 0).num_partitions(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.defaultParallelism`
    pub fn default_parallelism(&self) -> u32 {
        self.inner.default_parallelism
    }

    /// How many partitions a file is cut into at least: `default_parallelism`, but at most 2.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.default_min_partitions(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.defaultMinPartitions`
    pub fn default_min_partitions(&self) -> u32 {
        self.default_parallelism().min(2)
    }

    /// Where checkpoints are written; the directory is made when the first is.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().display().to_string();
    /// sc.set_checkpoint_dir(path.as_str());
    /// assert_eq!(sc.checkpoint_dir(), Some(path));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.setCheckpointDir`
    pub fn set_checkpoint_dir(&self, dir: impl Into<String>) {
        *self.inner.checkpoint_dir.write() = Some(dir.into());
    }

    /// Where checkpoints are written.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.checkpoint_dir(), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.getCheckpointDir`
    pub fn checkpoint_dir(&self) -> Option<String> {
        self.inner.checkpoint_dir.read().clone()
    }

    /// What runs now, for a program that watches itself.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_job_group("report", "the report", false);
    /// sc.range(0, 10, 1, 2).count()?;
    /// let tracker = sc.status_tracker();
    /// assert_eq!(tracker.job_ids_for_group(Some("report")).len(), 1);
    /// assert!(tracker.active_job_ids().is_empty());
    /// # sc.clear_job_group();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.statusTracker`
    pub fn status_tracker(&self) -> StatusTracker {
        self.inner.driver.status()
    }

    /// Tells `listener` everything that happens from now on.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// use std::sync::mpsc;
    ///
    /// let (heard, hear) = mpsc::channel();
    /// sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    ///     if let hearth::ListenerEvent::JobStart { job, .. } = event {
    ///         heard.send(*job).ok();
    ///     }
    /// }));
    /// sc.range(0, 10, 1, 2).count()?;
    /// assert_eq!(hear.recv().unwrap(), hearth::JobId(0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.addSparkListener`
    pub fn add_spark_listener(&self, listener: Box<dyn Listener>) {
        self.inner.driver.add_listener(listener);
    }

    /// Gives up one job.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::mpsc;
    /// # let (started, has_started) = mpsc::channel();
    /// # sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    /// #     if let hearth::ListenerEvent::TaskStart { stage, .. } = event {
    /// #         started.send(*stage).ok();
    /// #     }
    /// # }));
    /// # fn endless(_: i64) {
    /// #     while TaskContext::get().is_some_and(|task| !task.is_interrupted()) {
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// let error = std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| {
    ///         sc.range(0, 1, 1, 1).foreach(endless)
    ///     });
    ///     # let stage = has_started.recv().unwrap();
    ///     let running = sc.status_tracker().active_job_ids();
    ///     sc.cancel_job(running[0], "because it takes too long");
    ///     waiting.join().unwrap()
    /// });
    /// assert_eq!(error.unwrap_err().to_string(), "Job 0 cancelled because it takes too long");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.cancelJob`
    pub fn cancel_job(&self, job: JobId, reason: &str) {
        self.inner.driver.cancel(CancelTarget::Job(job), reason);
    }

    /// Gives up every job that needs the stage.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::mpsc;
    /// # let (started, has_started) = mpsc::channel();
    /// # sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    /// #     if let hearth::ListenerEvent::TaskStart { stage, .. } = event {
    /// #         started.send(*stage).ok();
    /// #     }
    /// # }));
    /// # fn endless(_: i64) {
    /// #     while TaskContext::get().is_some_and(|task| !task.is_interrupted()) {
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// let error = std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| {
    ///         sc.range(0, 1, 1, 1).foreach(endless)
    ///     });
    ///     # let stage = has_started.recv().unwrap();
    ///     let running = sc.status_tracker().active_stage_ids();
    ///     sc.cancel_stage(running[0], "");
    ///     waiting.join().unwrap()
    /// });
    /// assert_eq!(error.unwrap_err().to_string(), "Job 0 cancelled because Stage 0 was cancelled");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.cancelStage`
    pub fn cancel_stage(&self, stage: StageId, reason: &str) {
        self.inner.driver.cancel(CancelTarget::Stage(stage), reason);
    }

    /// Gives up every job of the group.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::mpsc;
    /// # let (started, has_started) = mpsc::channel();
    /// # sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    /// #     if let hearth::ListenerEvent::TaskStart { stage, .. } = event {
    /// #         started.send(*stage).ok();
    /// #     }
    /// # }));
    /// # fn endless(_: i64) {
    /// #     while TaskContext::get().is_some_and(|task| !task.is_interrupted()) {
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// let error = std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| {
    ///         sc.set_job_group("report", "", true);
    ///         sc.range(0, 1, 1, 1).foreach(endless)
    ///     });
    ///     # let stage = has_started.recv().unwrap();
    ///     sc.cancel_job_group("report");
    ///     waiting.join().unwrap()
    /// });
    /// assert_eq!(error.unwrap_err().to_string(), "Job 0 cancelled part of cancelled job group report");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.cancelJobGroup`
    pub fn cancel_job_group(&self, group: &str) {
        self.inner.driver.cancel(CancelTarget::Group(group.to_owned()), "");
    }

    /// Gives up every job with the tag.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::mpsc;
    /// # let (started, has_started) = mpsc::channel();
    /// # sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    /// #     if let hearth::ListenerEvent::TaskStart { stage, .. } = event {
    /// #         started.send(*stage).ok();
    /// #     }
    /// # }));
    /// # fn endless(_: i64) {
    /// #     while TaskContext::get().is_some_and(|task| !task.is_interrupted()) {
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// let error = std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| {
    ///         sc.add_job_tag("report");
    ///         sc.range(0, 1, 1, 1).foreach(endless)
    ///     });
    ///     # let stage = has_started.recv().unwrap();
    ///     sc.cancel_jobs_with_tag("report");
    ///     waiting.join().unwrap()
    /// });
    /// assert_eq!(error.unwrap_err().to_string(), "Job 0 cancelled part of cancelled job tag report");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.cancelJobsWithTag`
    pub fn cancel_jobs_with_tag(&self, tag: &str) {
        self.inner.driver.cancel(CancelTarget::Tag(tag.to_owned()), "");
    }

    /// Gives up every job.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use std::sync::mpsc;
    /// # let (started, has_started) = mpsc::channel();
    /// # sc.add_spark_listener(Box::new(move |event: &hearth::ListenerEvent| {
    /// #     if let hearth::ListenerEvent::TaskStart { stage, .. } = event {
    /// #         started.send(*stage).ok();
    /// #     }
    /// # }));
    /// # fn endless(_: i64) {
    /// #     while TaskContext::get().is_some_and(|task| !task.is_interrupted()) {
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// let error = std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| {
    ///         sc.range(0, 1, 1, 1).foreach(endless)
    ///     });
    ///     # let stage = has_started.recv().unwrap();
    ///     sc.cancel_all_jobs();
    ///     waiting.join().unwrap()
    /// });
    /// assert_eq!(error.unwrap_err().to_string(), "Job 0 cancelled as part of cancellation of all jobs");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.cancelAllJobs`
    pub fn cancel_all_jobs(&self) {
        self.inner.driver.cancel(CancelTarget::All, "");
    }

    /// `spark.default.parallelism`, if it is set.
    pub(crate) fn configured_parallelism(&self) -> Option<u32> {
        self.inner.configured_parallelism
    }

    pub(crate) fn driver(&self) -> &DriverHandle {
        &self.inner.driver
    }

    pub(crate) fn next_rdd(&self) -> RddId {
        RddId(self.inner.next_rdd.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn next_shuffle(&self) -> ShuffleId {
        ShuffleId(self.inner.next_shuffle.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn next_accumulator(&self) -> u64 {
        self.inner.next_accumulator.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for SparkContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkContext").finish_non_exhaustive()
    }
}

/// The last clone of a context that goes stops the application.
impl Drop for Inner {
    fn drop(&mut self) {
        self.driver.stop();
        start::wait_if_exiting();
    }
}
