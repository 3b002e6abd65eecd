//! The machine behind the `justfile`: checks, generated files, and what continuous integration runs.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

mod api;
mod ci;
mod code;
mod crds;
mod docs;
mod generated;
mod image;
mod install;
mod protos;
mod rdd_api;
mod tidy;
mod values;
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
    /// Writes docs/configuration.md from the configuration keys, docs/api.md from the custom resources and docs/helm.md
    /// from the chart's values.
    Docs,
    /// Writes deploy/install.yaml from the chart; needs helm.
    Install,
    /// Writes docs/rdd-api.md from the docs and tests of the RDD API.
    RddApi,
    /// Writes crds and charts/hearth/files/crds from crates/crd.
    Crds,
    /// Builds the Dockerfile.
    Image {
        /// Only if Dockerfile, packages of others or toolchain changed since the last build.
        #[arg(long)]
        if_changed: bool,
    },
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
        Command::Docs => {
            generated::write(&workspace, docs::generate())?;
            generated::write(&workspace, api::generate())?;
            generated::write(&workspace, values::generate(&workspace)?)
        }
        Command::Install => {
            let file = install::generate(&workspace)?.context("helm is not in PATH, and HELM is not set")?;
            generated::write(&workspace, vec![file])
        }
        Command::RddApi => generated::write(&workspace, rdd_api::generate(&workspace)?),
        Command::Crds => generated::write(&workspace, crds::generate()),
        Command::Image { if_changed: false } => image::build(&workspace),
        Command::Image { if_changed: true } => image::build_if_changed(&workspace),
        Command::Protos => generated::write(&workspace, protos::generate(&workspace)?),
    }
}

/// Tells the person at the terminal.
#[expect(clippy::print_stderr, reason = "this is a program for the terminal")]
fn say(line: &str) {
    eprintln!("{line}");
}
