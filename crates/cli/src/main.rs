//! `hearth`, the command of Hearth.
//!
//! Spark: `spark-submit` and the scripts beside it.
//! One binary with subcommands; `run` takes the manifest that `kubectl apply` takes.

mod args;
mod cluster_client;
mod completions;
mod error;
mod follow;
mod kill;
mod kueue;
mod list;
mod log;
mod logs;
mod new;
mod operator;
mod output;
mod plugin;
mod rerun;
mod run;
mod signals;
mod status;
mod submit;
#[cfg(test)]
mod testing;
mod time;
mod until;
mod version;
mod why;

use std::process::ExitCode;

use crate::args::Command;
use crate::error::Error;

fn main() -> ExitCode {
    let args = plugin::parse();
    let level = match &args.command {
        Command::Operator(_) => operator::log_level(args.log_level),
        _ => args.log_level,
    };
    log::init(level, args.log_format);
    let outcome = match &args.command {
        Command::Run(run) => run::run(run, &args),
        Command::Submit(submit) => wait_for(submit::submit(submit, &args)),
        Command::List(list) => wait_for(list::list(list)),
        Command::Status(status) => wait_for(status::status(status)),
        Command::Logs(logs) => wait_for(logs::logs(logs, &args)),
        Command::Why(why) => wait_for(why::why(why)),
        Command::Kill(kill) => wait_for(kill::kill(kill, &args)),
        Command::Rerun(rerun) => wait_for(rerun::rerun(rerun, &args)),
        Command::New(new) => new::new(new),
        Command::Operator(operator) => operator::operator(operator),
        Command::Version => version::print(),
        Command::Completions(completions) => completions::print(completions.shell),
    };
    outcome.unwrap_or_else(|error| {
        log::report(args.log_format, &error);
        ExitCode::from(error.exit_status())
    })
}

/// Runs a command that talks to a cluster.
fn wait_for(command: impl Future<Output = Result<ExitCode, Error>>) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| Error::Signals { source })?.block_on(command)
}
