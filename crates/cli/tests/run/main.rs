//! `hearth run` as a user meets it: exit status, stdout, stderr, and what is left on disk.
//!
//! A shell script stands for the driver.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

mod bad_input;
mod ending;
mod harness;
mod passing;
mod settings;
