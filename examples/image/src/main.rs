//! All examples as one binary: the name that it is started by picks one. The image has a link of each name to it.
//!
//! Each example alone holds all of Hearth again, so nine of them would make the image four times as large.

use std::path::PathBuf;

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

fn main() -> anyhow::Result<()> {
    let program = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    run(&program.file_name().unwrap_or_default().to_string_lossy())
}
