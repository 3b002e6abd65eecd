//! The machine behind the `justfile`: checks, generated files, and what continuous integration runs.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod ci;
mod code;
mod docs;
mod generated;
mod protos;
mod rdd_api;
mod tidy;
mod workspace;

use workspace::Workspace;

/// Checks and generators of the project. Run as `cargo xtask COMMAND`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Everything that must be green: format, lints, tidy, tests, simulator seeds.
    Ci,
    /// Checks the rules that the compiler does not know, and prints the largest files.
    Tidy,
    /// Writes docs/configuration.md from the registry of configuration keys.
    Docs,
    /// Writes docs/rdd-api.md from the docs and tests of the RDD API.
    RddApi,
    /// Writes crates/rpc/src/generated from crates/rpc/proto.
    Protos,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Ci => ci::run(&workspace),
        Command::Tidy => tidy::run(&workspace),
        Command::Docs => generated::write(&workspace, docs::generate()),
        Command::RddApi => generated::write(&workspace, rdd_api::generate(&workspace)?),
        Command::Protos => generated::write(&workspace, protos::generate(&workspace)?),
    }
}

/// Tells the person at the terminal.
#[expect(clippy::print_stderr, reason = "this is a program for the terminal")]
fn say(line: &str) {
    eprintln!("{line}");
}
