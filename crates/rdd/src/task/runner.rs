//! Runs the tasks of the RDD front door on an executor. Spark: `Executor.TaskRunner`, the part inside the task.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use bytes::Bytes;
use hearth_executor::{PreparedStage, TaskCall, TaskOutput as Ended, TaskRunner};
use hearth_rpc::message::TaskOutcome;

use super::{StageTask, TaskContext, TaskOutput};
use crate::failure::{TaskFailure, error_chain};
use crate::wire;

/// Decodes stage binaries that `SparkContext::run_job` encoded.
#[derive(Debug, Default)]
pub struct RddRunner;

impl TaskRunner for RddRunner {
    fn prepare(&self, bytes: &Bytes) -> Result<Arc<dyn PreparedStage>, String> {
        let task = wire::decode_stage(bytes).map_err(|error| error_chain(&error))?;
        Ok(Arc::new(Prepared(task)))
    }
}

struct Prepared(Arc<dyn StageTask>);

impl PreparedStage for Prepared {
    fn run(&self, call: TaskCall<'_>) -> Ended {
        let task = TaskContext::new(&call);
        let split = call.task.description.id.partition;
        let run = || {
            task.enter(|| {
                task.check_interrupted();
                let output = self.0.run(split, &task);
                (output, task.accumulator_updates())
            })
        };
        let ended = catch_unwind(AssertUnwindSafe(run));
        let (outcome, accumulators) = match ended {
            Ok((TaskOutput::MapOutput { sizes, checksum }, accumulators)) => {
                (TaskOutcome::MapOutput { sizes, checksum }, accumulators)
            }
            Ok((TaskOutput::Result(bytes), accumulators)) => (TaskOutcome::Result(bytes), accumulators),
            Err(payload) => match payload.downcast::<TaskFailure>() {
                Ok(failure) => (TaskOutcome::Failed(Arc::new(failure.0)), Vec::new()),
                // A panic of the user's: the executor has its message and backtrace.
                Err(payload) => resume_unwind(payload),
            },
        };
        Ended { outcome, metrics: task.metrics(), accumulators }
    }
}
