//! One attempt, from its launch to what is reported. Spark: `Executor.TaskRunner.run`.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hearth_rpc::message::{LaunchTask, TaskEnded, TaskOutcome};
use hearth_storage::BlockManager;
use hearth_types::{BlockId, ExceptionKind, StorageLevel, TaskEndReason, TaskId, TaskMetrics, error_chain};
use rustix::time::{ClockId, clock_gettime};

use crate::binaries::{Binary, PrepareError};
use crate::cancel::CancelFlag;
use crate::env::ExecutorEnv;
use crate::panic::{PanicRecord, catch};
use crate::runner::{TaskCall, TaskOutput, TaskRunner};

/// Accumulator updates of one attempt beyond this do not fit into a message.
const LARGEST_UPDATES: usize = 128 << 20;

/// An attempt that waits for a slot.
pub(crate) struct Attempt {
    pub(crate) task: LaunchTask,
    /// `None` when the driver never sent it.
    pub(crate) binary: Option<Arc<Binary>>,
}

/// What every attempt of an executor needs.
pub(crate) struct AttemptRunner {
    pub(crate) runner: Arc<dyn TaskRunner>,
    pub(crate) env: Arc<ExecutorEnv>,
    /// `spark.task.maxDirectResultSize`.
    pub(crate) max_direct_result: usize,
}

impl AttemptRunner {
    /// Runs the attempt on this thread. Nothing that it does can unwind further. What became of blocks is not told.
    pub(crate) fn run(&self, attempt: &Attempt, cancel: &Arc<CancelFlag>) -> TaskEnded {
        let begin = Instant::now();
        let cpu_begin = thread_cpu_nanos();
        let mut run_begin = begin;
        let done = self.run_caught(attempt, cancel, &mut run_begin);
        let TaskOutput { outcome, mut metrics, accumulators } = done;
        let run = run_begin.elapsed();
        metrics.executor_deserialize_millis = millis(run_begin - begin);
        metrics.executor_run_millis = millis(run);
        metrics.executor_run_micros = u64::try_from(run.as_micros()).unwrap_or(u64::MAX);
        metrics.executor_cpu_nanos = thread_cpu_nanos().saturating_sub(cpu_begin);
        let updates: usize = accumulators.iter().map(|(_, update)| update.len()).sum();
        let outcome = match outcome {
            _ if updates > LARGEST_UPDATES => failed(format!(
                "accumulator updates of {updates} bytes are too large to send (at most {LARGEST_UPDATES}): return them \
                 as results, or write them to files"
            )),
            TaskOutcome::Result(bytes) => {
                metrics.result_size = bytes.len() as u64;
                self.deliver(attempt.task.description.id.task, bytes)
            }
            TaskOutcome::Failed(reason) => TaskOutcome::Failed(told_to_stop(reason, cancel)),
            made @ (TaskOutcome::MapOutput { .. } | TaskOutcome::StoredResult { .. }) => made,
        };
        let id = attempt.task.description.id;
        TaskEnded { id, outcome, metrics: Box::new(metrics), accumulators, blocks: Vec::new() }
    }

    fn run_caught(&self, attempt: &Attempt, cancel: &Arc<CancelFlag>, run_begin: &mut Instant) -> TaskOutput {
        let Some(binary) = &attempt.binary else {
            return nothing_but(failed(format!("binary {} never came", attempt.task.description.binary)));
        };
        let prepared = match binary.prepare(&*self.runner) {
            Ok(prepared) => prepared,
            Err(PrepareError::Decode(message)) => return nothing_but(failed(message.clone())),
            Err(PrepareError::Panic(panic)) => return nothing_but(panicked(panic.clone())),
        };
        *run_begin = Instant::now();
        let call = TaskCall { task: &attempt.task, env: &self.env, cancel };
        let result = catch(|| __hearth_run_attempt(|| prepared.run(call)));
        result.unwrap_or_else(|panic| nothing_but(panicked(panic)))
    }

    /// Sends a result along, or keeps it as a block when it is large.
    fn deliver(&self, task: TaskId, bytes: Bytes) -> TaskOutcome {
        if bytes.len() <= self.max_direct_result {
            return TaskOutcome::Result(bytes);
        }
        store_result(self.env.block_manager(), task, bytes)
    }
}

fn store_result(blocks: &BlockManager, task: TaskId, bytes: Bytes) -> TaskOutcome {
    let size = bytes.len() as u64;
    match blocks.put_bytes(BlockId::TaskResult(task), bytes, StorageLevel::MEMORY_AND_DISK_SER) {
        Ok(true) => TaskOutcome::StoredResult { size },
        Ok(false) => failed(format!(
            "the result of {size} bytes fits neither into storage memory nor on disk: make the result smaller, or raise \
             spark.executor.memory"
        )),
        Err(error) => failed(format!("keep the result of {size} bytes: {}", error_chain(&error))),
    }
}

/// The function by which backtraces know where the user's code begins; see `backtrace::EDGE`.
#[inline(never)]
fn __hearth_run_attempt<T>(run: impl FnOnce() -> T) -> T {
    let result = run();
    // Keeps this frame on the stack while `run` runs.
    std::hint::black_box(());
    result
}

/// An attempt that fails after it was told to stop was stopped. What a failed fetch says is still of use to the driver.
fn told_to_stop(reason: Arc<TaskEndReason>, cancel: &CancelFlag) -> Arc<TaskEndReason> {
    match (&*reason, cancel.reason()) {
        (TaskEndReason::FetchFailed { .. }, _) => reason,
        (_, Some(why)) => Arc::new(TaskEndReason::TaskKilled(why.clone())),
        (TaskEndReason::Success, None) => {
            exception("the task reported a success as a failure".to_owned(), String::new())
        }
        (_, None) => reason,
    }
}

fn panicked(panic: PanicRecord) -> TaskOutcome {
    TaskOutcome::Failed(exception(panic.message, panic.backtrace))
}

fn failed(message: String) -> TaskOutcome {
    TaskOutcome::Failed(exception(message, String::new()))
}

fn exception(message: String, backtrace: String) -> Arc<TaskEndReason> {
    Arc::new(TaskEndReason::ExceptionFailure { kind: ExceptionKind::User, message, backtrace })
}

fn nothing_but(outcome: TaskOutcome) -> TaskOutput {
    TaskOutput { outcome, metrics: TaskMetrics::default(), accumulators: Vec::new() }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn thread_cpu_nanos() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
