//! Executors are lost at every moment of a job: the answer stays the same, and only what was lost is computed again.
//!
//! Tasks wait at gates for the moment that a test names, so each test knows what must run again, and checks that just this did.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cached;
mod common;
mod dealt;
mod ends_itself;
mod fetch;
mod in_a_row;
mod map_stage;
mod result_stage;
mod rolled_back;
mod stopped;
