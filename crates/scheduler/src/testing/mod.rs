//! Builders and the script runner, for tests. Behind the feature `testing`.
//!
//! A script is input and expected actions in one file:
//!
//! ```text
//! # What the script shows.
//! conf max-failures=2
//! executor 0 host=a slots=2
//! submit 0 : m0 x3 > r x2
//!   launch s0.0/0.0 on 0
//!   launch s0.0/1.0 on 0
//! ok s0.0/0
//!   accept s0.0/0.0
//!   launch s0.0/2.0 on 0
//! ```
//!
//! Lines that begin with two spaces are what came out of the line before them.
//! `sS.A/P` is partition `P` of attempt `A` of stage `S`, its latest attempt; `sS.A/P.N` is attempt `N`.
//! `show` names the listener events to print; without it only the other actions are printed.

mod command;
mod graph;
mod print;
mod script;

pub use graph::{parse_graph, simple_graph};
pub use script::run_script;
