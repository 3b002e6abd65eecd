//! Executors: they register, run tasks in slots, serve blocks, and say what happened.
//!
//! What a task does is not known here: a front door brings a [`TaskRunner`].
//! Spark: `CoarseGrainedExecutorBackend` and `Executor`. Ours is one type for the threads of a `local` master and for a
//! process of its own, and talks through channels in both.
#![warn(missing_docs)]

mod attempt;
mod backtrace;
mod binaries;
mod block_storage;
mod cancel;
mod control;
mod env;
mod executor;
mod measure;
mod panic;
mod process;
mod runner;
mod services;
mod slots;

pub use block_storage::{BlockStorageError, open_block_manager, unified_memory};
pub use cancel::CancelFlag;
pub use env::{EnvParts, ExecutorEnv};
pub use executor::{Ending, Executor, StartError};
pub use panic::{PanicRecord, take_panic};
pub use process::{clear_termination_message, executor_main, init_logging, set_termination_message};
pub use runner::{PreparedStage, TaskCall, TaskOutput, TaskRunner};
pub use services::ServiceError;
