//! `hearth`, the command of Hearth.
//!
//! Spark: `spark-submit` and the scripts beside it.
//! One binary with subcommands; `run` takes the manifest that `kubectl apply` takes.

mod args;
mod completions;
mod error;
mod log;
mod run;
mod version;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    log::init(args.log_level, args.log_format);
    let outcome = match &args.command {
        Command::Run(run) => run::run(run, &args),
        Command::Version => version::print(),
        Command::Completions(completions) => completions::print(completions.shell),
    };
    outcome.unwrap_or_else(|error| {
        log::report(args.log_format, &error);
        ExitCode::from(error.exit_status())
    })
}
