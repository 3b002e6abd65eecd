//! A running task as its code sees it. Spark: `TaskContext`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hearth_executor::{CancelFlag, ExecutorEnv, TaskCall};
use hearth_rpc::message::LaunchTask;
use hearth_storage::{
    Data, ExternalAggregator, ExternalSorter, MapOutputWriter, SpillContext, TaskMemory, codec,
};
use hearth_types::{
    BlockId, BroadcastId, ExceptionKind, ExecutorId, KillReason, RddId, ShuffleId, StorageLevel,
    TaskEndReason, TaskMetrics,
};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::TaskOutput;
use super::accumulated::Accumulated;
use super::read_shuffle::ShuffleRecords;
use crate::context::AccumulatorV2;
use crate::failure::{OrThrow, throw, throw_error};
use crate::node::Records;
use crate::snapshot::LeafInput;
use crate::wire;

/// A running task: who it is, and what it can reach. Cheap to clone.
///
/// ```
/// # use hearth::prelude::*;
/// # fn main() -> Result<(), hearth::Error> {
/// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
/// let partitions = sc.range(0, 3, 1, 3).map(|_| TaskContext::get().map(|task| task.partition_id()));
/// assert_eq!(partitions.collect()?, [Some(0), Some(1), Some(2)]);
/// assert!(TaskContext::get().is_none(), "the driver's own code is no task");
/// # Ok(())
/// # }
/// ```
///
/// Spark: `TaskContext`
#[derive(Clone)]
pub struct TaskContext {
    inner: Arc<Inner>,
}

struct Inner {
    launch: LaunchTask,
    env: Arc<ExecutorEnv>,
    cancel: Arc<CancelFlag>,
    interrupted: Arc<AtomicBool>,
    memory: TaskMemory,
    spill: SpillContext,
    inputs: OnceLock<Vec<LeafInput>>,
    metrics: Mutex<TaskMetrics>,
    accumulated: Mutex<Accumulated>,
    broadcasts: Mutex<BTreeMap<BroadcastId, Arc<dyn std::any::Any + Send + Sync>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<TaskContext>> = const { RefCell::new(None) };
}

impl TaskContext {
    pub(crate) fn new(call: &TaskCall<'_>) -> Self {
        let memory = call.env.memory().task(call.task.description.id.task);
        let inner = Inner {
            launch: call.task.clone(),
            env: call.env.clone(),
            cancel: call.cancel.clone(),
            interrupted: call.cancel.as_flag(),
            spill: SpillContext::new(call.env.block_manager(), &memory),
            memory,
            inputs: OnceLock::new(),
            metrics: Mutex::default(),
            accumulated: Mutex::default(),
            broadcasts: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The task that runs on this thread, if any.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert!(TaskContext::get().is_none(), "the driver's own code is no task");
    /// assert!(sc.range(0, 1, 1, 1).map(|_| TaskContext::get().is_some()).first()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.get`
    pub fn get() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// The partition that it computes.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.partition_id()
    /// });
    /// assert_eq!(seen.collect()?, [0, 1]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.partitionId`
    pub fn partition_id(&self) -> u32 {
        self.inner.launch.description.id.partition
    }

    /// The stage that it belongs to.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.stage_id()
    /// });
    /// assert_eq!(seen.collect()?, [0, 0]);
    /// assert_eq!(seen.collect()?, [1, 1], "each job has its own");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.stageId`
    pub fn stage_id(&self) -> u32 {
        self.inner.launch.description.id.stage.0
    }

    /// How often the stage was tried before.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.stage_attempt_number()
    /// });
    /// assert_eq!(seen.collect()?, [0, 0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.stageAttemptNumber`
    pub fn stage_attempt_number(&self) -> u32 {
        self.inner.launch.description.id.stage_attempt
    }

    /// How often this partition was tried before in this attempt of the stage.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.attempt_number()
    /// });
    /// assert_eq!(seen.collect()?, [0, 0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.attemptNumber`
    pub fn attempt_number(&self) -> u32 {
        self.inner.launch.description.id.attempt
    }

    /// The number of this attempt, unique in the application.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.task_attempt_id()
    /// });
    /// assert_eq!(seen.distinct(1).count()?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.taskAttemptId`
    pub fn task_attempt_id(&self) -> u64 {
        self.inner.launch.description.id.task.0
    }

    /// The executor it runs on; `driver` with a `local` master.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let seen = sc.range(0, 2, 1, 2).map(|_| {
    ///     let task = TaskContext::get().unwrap();
    ///     task.executor_id().to_string()
    /// });
    /// assert_eq!(seen.collect()?, ["driver", "driver"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkEnv.get.executorId`
    pub fn executor_id(&self) -> ExecutorId {
        self.inner.env.executor()
    }

    /// A property of the thread that submitted the job.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// sc.set_local_property("asked.by", Some("ann"));
    /// let seen = sc.range(0, 1, 1, 1).map(|_| TaskContext::get().unwrap().local_property("asked.by"));
    /// assert_eq!(seen.first()?.as_deref(), Some("ann"));
    /// # sc.set_local_property("asked.by", None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.getLocalProperty`
    pub fn local_property(&self, key: &str) -> Option<String> {
        let properties = &self.inner.launch.properties;
        match key {
            "spark.scheduler.pool" => properties.pool.clone(),
            "spark.jobGroup.id" => properties.group.clone(),
            "spark.job.description" => properties.description.clone(),
            key => properties.local.get(key).cloned(),
        }
    }

    /// Whether the task has been told to stop. Sources and shuffle readers look at it between records; a long
    /// computation on one record should do so too, and return.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let found = sc.range(1, 3, 1, 2).map(|start| {
    ///     let task = TaskContext::get().unwrap();
    ///     (start..1_000_000).find(|n| task.is_interrupted() || n % 7_919 == 0)
    /// });
    /// assert_eq!(found.collect()?, [Some(7_919), Some(7_919)]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `TaskContext.isInterrupted`
    pub fn is_interrupted(&self) -> bool {
        self.inner.interrupted.load(Ordering::Relaxed)
    }

    /// The task of this thread, for something that only makes sense in one.
    pub(crate) fn current(doing: &str) -> Self {
        match Self::get() {
            Some(task) => task,
            None => throw(TaskEndReason::ExceptionFailure {
                kind: ExceptionKind::User,
                message: format!("cannot {doing} here: this thread runs no task"),
                backtrace: String::new(),
            }),
        }
    }

    /// Runs a function as this task.
    pub(crate) fn enter<R>(&self, function: impl FnOnce() -> R) -> R {
        /// Puts the former task back, also when the function unwinds.
        struct Leave(Option<TaskContext>);
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _leave = Leave(CURRENT.replace(Some(self.clone())));
        function()
    }

    /// Ends the task if it has been told to stop.
    #[inline]
    pub(crate) fn check_interrupted(&self) {
        if self.is_interrupted() {
            let reason = self.inner.cancel.reason().cloned().unwrap_or(KillReason::StageCancelled);
            throw(TaskEndReason::TaskKilled(reason));
        }
    }

    pub(crate) fn env(&self) -> &Arc<ExecutorEnv> {
        &self.inner.env
    }

    pub(crate) fn launch(&self) -> &LaunchTask {
        &self.inner.launch
    }

    pub(crate) fn cancel(&self) -> &CancelFlag {
        &self.inner.cancel
    }

    /// The input of a leaf's partition, which came with the task.
    pub(crate) fn input(&self, rdd: RddId, split: u32) -> Bytes {
        let inputs =
            self.inner.inputs.get_or_init(|| wire::decode("task input", &self.inner.launch.input).or_throw());
        match inputs.iter().find(|(id, of, _)| *id == rdd && *of == split) {
            Some((_, _, bytes)) => bytes.clone(),
            None => throw(TaskEndReason::ExceptionFailure {
                kind: ExceptionKind::User,
                message: format!("the input of partition {split} of rdd {rdd} did not come with the task"),
                backtrace: String::new(),
            }),
        }
    }

    /// A cached partition, here or on another executor, or the computed one, which is cached on the way.
    /// Spark: `RDD.getOrCompute`.
    pub(crate) fn get_or_compute<T: Data>(
        &self,
        block: BlockId,
        level: StorageLevel,
        compute: impl FnOnce() -> Records<T>,
    ) -> Records<T> {
        let blocks = self.inner.env.block_manager();
        if let Some(records) = blocks.get::<T>(block).or_throw() {
            return self.interruptible(records);
        }
        if let Some(bytes) = self.cached_elsewhere(block) {
            self.add_input(bytes.len() as u64, 0);
            return self.interruptible(codec::Records::<T>::new(bytes));
        }
        let put = blocks.put(block, level, Box::new(compute()), &self.inner.memory).or_throw();
        self.interruptible(put)
    }

    /// Records that end the task where it was told to stop. Spark: `InterruptibleIterator`.
    fn interruptible<T, E: std::error::Error>(
        &self,
        records: impl Iterator<Item = Result<T, E>> + 'static,
    ) -> Records<T> {
        let task = self.clone();
        Records::new(records.map(move |record| {
            task.check_interrupted();
            record.or_throw()
        }))
    }

    /// A cached partition that this executor does not have and another one does.
    fn cached_elsewhere(&self, block: BlockId) -> Option<Bytes> {
        let BlockId::Rdd { rdd, partition } = block else { return None };
        match self.inner.env.cached_elsewhere(rdd, partition, &self.inner.cancel) {
            Ok(found) => found,
            Err(error) => {
                self.check_interrupted();
                throw_error(&error)
            }
        }
    }

    pub(crate) fn map_output_writer(&self, shuffle: ShuffleId, reduces: u32) -> MapOutputWriter<'_> {
        let task = self.inner.launch.description.id.task;
        MapOutputWriter::new(self.inner.env.block_manager(), shuffle, task, reduces, &self.inner.memory)
    }

    pub(crate) fn finish_map_output(&self, writer: MapOutputWriter<'_>) -> TaskOutput {
        let checksum = writer.checksum();
        let (sizes, written, spilled) = writer.finish().or_throw();
        let mut metrics = self.inner.metrics.lock();
        metrics.shuffle_write = written;
        metrics.memory_bytes_spilled += spilled.memory_bytes_spilled;
        metrics.disk_bytes_spilled += spilled.disk_bytes_spilled;
        TaskOutput::MapOutput { sizes, checksum }
    }

    /// The records of one reduce partition, in no particular order.
    pub(crate) fn read_shuffle<R: Data>(&self, shuffle: ShuffleId, reduce: u32) -> Records<R> {
        Records::new(ShuffleRecords::open(self, shuffle, reduce))
    }

    pub(crate) fn aggregator<K, C>(&self) -> ExternalAggregator<K, C>
    where
        K: Data + Hash + Eq,
        C: Serialize + DeserializeOwned + 'static,
    {
        ExternalAggregator::new(self.inner.spill.clone())
    }

    /// The pairs of an aggregator.
    pub(crate) fn drain<K, C>(
        &self,
        aggregator: ExternalAggregator<K, C>,
        merge: impl Fn(C, C) -> C + 'static,
    ) -> Records<(K, C)>
    where
        K: Data + Hash + Eq,
        C: Serialize + DeserializeOwned + 'static,
    {
        self.interruptible(aggregator.finish(merge).or_throw())
    }

    /// The same pairs in the order of their keys.
    pub(crate) fn sort<K: Data + Ord, V: Data>(
        &self,
        records: impl Iterator<Item = (K, V)>,
        is_ascending: bool,
    ) -> Records<(K, V)> {
        let key = key_of::<K, V>;
        let mut sorter = ExternalSorter::new(self.inner.spill.clone(), key, is_ascending);
        records.for_each(|record| sorter.insert(record).or_throw());
        self.interruptible(sorter.finish().or_throw())
    }

    /// The value of a broadcast variable that came with a record or a closure's state; the state of a stage is shared by its
    /// tasks and asks only once.
    pub(crate) fn broadcast<T: Data>(&self, id: BroadcastId) -> Arc<T> {
        let known = self.inner.broadcasts.lock().get(&id).cloned();
        if let Some(value) = known.and_then(|value| value.downcast::<T>().ok()) {
            return value;
        }
        let bytes = self.inner.env.broadcast(id, &self.inner.cancel).or_throw();
        let value = crate::context::decode_broadcast::<T>(&bytes);
        self.inner.broadcasts.lock().insert(id, value.clone());
        value
    }

    pub(crate) fn accumulate<A: AccumulatorV2>(&self, id: u64, value: A::In) {
        self.inner.accumulated.lock().add::<A>(id, value);
    }

    /// Whether the driver lets this attempt commit its output.
    pub(crate) fn may_commit(&self) -> bool {
        self.inner.env.may_commit(self.inner.launch.description.id, &self.inner.cancel).or_throw()
    }

    pub(crate) fn add_input(&self, bytes: u64, records: u64) {
        let mut metrics = self.inner.metrics.lock();
        metrics.input.bytes_read += bytes;
        metrics.input.records_read += records;
    }

    pub(crate) fn add_output(&self, bytes: u64, records: u64) {
        let mut metrics = self.inner.metrics.lock();
        metrics.output.bytes_written += bytes;
        metrics.output.records_written += records;
    }

    pub(crate) fn update_metrics(&self, update: impl FnOnce(&mut TaskMetrics)) {
        update(&mut self.inner.metrics.lock());
    }

    /// What it measured so far.
    pub(crate) fn metrics(&self) -> TaskMetrics {
        let mut metrics = *self.inner.metrics.lock();
        let spilled = self.inner.spill.metrics();
        metrics.memory_bytes_spilled += spilled.memory_bytes_spilled;
        metrics.disk_bytes_spilled += spilled.disk_bytes_spilled;
        metrics.peak_execution_memory = self.inner.memory.peak();
        metrics
    }

    pub(crate) fn accumulator_updates(&self) -> Vec<(u64, Bytes)> {
        self.inner.accumulated.lock().encode().or_throw()
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskContext({})", self.inner.launch.description.id)
    }
}

fn key_of<K, V>(pair: &(K, V)) -> &K {
    &pair.0
}
