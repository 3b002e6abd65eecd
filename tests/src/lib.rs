//! Tests of whole applications: what a user starts, as a user starts it, and what is left afterwards.
//!
//! [`App`] runs a program in a directory of its own, by itself or through `hearth run`; [`text`] makes and finds the input.
//! The programs are the examples, and `scenario` for what no example does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod app;
mod binaries;
mod ended;
pub mod faults;
mod page;
mod processes;
mod started;
pub mod text;

pub use app::{App, LOCAL_CLUSTER};
pub use binaries::{binary, workspace};
pub use ended::Ended;
pub use page::{Block, blocks, follow};
pub use processes::{Process, processes_below, wait_until};
pub use started::Started;
