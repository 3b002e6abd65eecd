//! The controller of `ExecutorPool`: makes the executors that an application wants, and replaces those that it loses.

mod apply;
mod census;
mod controller;
mod decide;
mod decision;
mod failures;
mod report;
mod tell;
mod update_status;

pub use controller::reconcile;
pub use decide::{Facts, creation_failed, decide};
pub use decision::PoolDecision;
pub use report::blocked;

#[cfg(test)]
mod tests;
