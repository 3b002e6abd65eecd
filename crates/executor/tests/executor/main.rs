//! A real executor against a driver that is played by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
mod outcomes;
mod process;
mod services;
mod slots;
