//! Running a job: encode the stages, hand them to the driver, decode the results. Spark: `SparkContext.runJob`.

use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;

use hearth_driver::JobSubmission;
use hearth_storage::Data;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{SparkContext, current_properties};
use crate::error::Result;
use crate::graph;
use crate::node::{AnyLineage, Origin, Records};
use crate::rdd::Rdd;
use crate::start::{job_ended, wait_if_exiting};
use crate::task::ResultTask;
use crate::wire::{self, WireError};

impl SparkContext {
    /// Runs `function(state, partition, records)` on partitions of an RDD and returns its results in their order.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let numbers = sc.range(0, 100, 1, 4);
    /// let ends = sc.run_job(&numbers, vec![0, 3], (), |(), partition, records| (partition, records.last()))?;
    /// assert_eq!(ends, [(0, Some(24)), (3, Some(99))]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The job was aborted or cancelled; a partition that the RDD does not have.
    ///
    /// Spark: `SparkContext.runJob`
    #[track_caller]
    pub fn run_job<T, U, S, F>(
        &self,
        rdd: &Rdd<T>,
        partitions: Vec<u32>,
        state: S,
        function: F,
    ) -> Result<Vec<U>>
    where
        T: Data,
        U: Data,
        S: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
    {
        self.collect_job(rdd, partitions, Origin::new("runJob", Location::caller()), state, function)
    }

    /// The same, under the name of the action that the user called.
    pub(crate) fn collect_job<T, U, S, F>(
        &self,
        rdd: &Rdd<T>,
        partitions: Vec<u32>,
        origin: Origin,
        state: S,
        function: F,
    ) -> Result<Vec<U>>
    where
        T: Data,
        U: Data,
        S: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
    {
        let results: Vec<Option<U>> = std::iter::repeat_with(|| None).take(partitions.len()).collect();
        let results = Arc::new(Mutex::new(results));
        let into = results.clone();
        self.each_result(rdd, partitions, origin, state, function, move |index, result| {
            if let Some(slot) = into.lock().get_mut(index as usize) {
                *slot = Some(result);
            }
        })?;
        let results = std::mem::take(&mut *results.lock());
        Ok(results.into_iter().flatten().collect())
    }

    /// The same, with each result handed over as it comes: (position in `partitions`, result).
    pub(crate) fn each_result<T, U, S, F>(
        &self,
        rdd: &Rdd<T>,
        partitions: Vec<u32>,
        origin: Origin,
        state: S,
        function: F,
        mut on_result: impl FnMut(u32, U) + Send + 'static,
    ) -> Result<()>
    where
        T: Data,
        U: Data,
        S: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Fn(&S, u32, Records<T>) -> U + Copy + Send + Sync + 'static,
    {
        // The state stays until the job has ended: it may hold the last of a broadcast variable on the driver.
        let task = ResultTask::portable(&state, function, PhantomData::<(T, U)>)?;
        let root: Arc<dyn AnyLineage> = rdd.lineage().clone();
        let call_site = origin.call_site();
        let job = graph::build(&root, partitions, task, call_site.clone())?;
        let mut properties = current_properties();
        properties.call_site = call_site;
        let broken: Arc<Mutex<Option<WireError>>> = Arc::default();
        let noted = broken.clone();
        let ended = self.driver().run_job(JobSubmission {
            graph: job.graph,
            binaries: job.binaries,
            inputs: job.inputs,
            properties,
            on_result: Box::new(move |index, bytes| match wire::decode("task result", &bytes) {
                Ok(result) => on_result(index, result),
                Err(error) => *noted.lock() = Some(error),
            }),
        });
        job_ended(&ended);
        if let Err(error) = ended {
            wait_if_exiting();
            return Err(error.into());
        }
        if let Some(error) = broken.lock().take() {
            return Err(error.into());
        }
        job.marked.iter().filter_map(|rdd| rdd.take_checkpoint()).try_for_each(|write| write())
    }
}
