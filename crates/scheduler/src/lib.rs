//! Decides what a Spark application runs where. Owns no IO, reads no clock, and cannot fail.
//!
//! An event goes in, actions come out: see [`Scheduler::handle`].
//! Inside are two machines with one seam (`seam.rs`): `dag` knows jobs and stages, `tasks` knows task sets and executors.
//! Around them stand `map_output` (where map outputs are), `cache` (where cached partitions are), `commit` (who may
//! commit), `allocation` (how many executors to have), `liveness` (who is silent), and `judge`, the one place where
//! late and repeated reports are told from current ones.
//! `task_events` and `executor_events` bring to both machines what concerns both.
//!
//! What comes later has its place already:
//! - speculation: `tasks/speculation.rs`, copies of slow tasks, launched by `tasks/offer.rs`; every structure there
//!   allows several running attempts of one partition, of which all but one are `strays` of `tasks/mod.rs`;
//! - exclusion: `health.rs` beside `allocation.rs`, asked by `tasks/offer.rs` before a task goes to an executor;
//! - barrier stages: a third kind of offer round in `tasks/offer.rs`, all tasks of a set or none;
//! - resource profiles: a profile id in the task set and the executor, compared in `tasks/offer.rs`, and one target
//!   per profile in `allocation.rs`;
//! - decommission: an event like loss in `dag/executor_lost.rs`, and another way to let an executor go in
//!   `allocation.rs`.
#![warn(missing_docs, clippy::wildcard_enum_match_arm)]

mod action;
mod allocation;
mod bits;
mod by_id;
mod cache;
mod commit;
mod conf;
mod dag;
mod event;
mod executor_events;
mod judge;
mod liveness;
mod map_output;
mod scheduler;
mod seam;
mod task_events;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
mod view;

pub use action::{Action, JobResult};
pub use conf::{AllocationConf, ExecutorsConf, PoolConf, SchedulerConf};
pub use event::{CancelTarget, Event, TaskEnd};
pub use scheduler::Scheduler;
pub use view::{ExecutorView, JobView, RunningView, StageState, StageView, View};
