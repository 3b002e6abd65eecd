//! Drivers and executors as they run in pods: started by somebody else, told by their environment, with certificates and
//! settings in files. Here they are processes of this machine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod decommission;
mod dynamic;
mod ends;
mod finds;
mod pods;
