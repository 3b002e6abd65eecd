//! The command line: commands, options and the help that teaches them.

use std::ffi::OsString;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::kill::{self, KillArgs};
use crate::list::{self, ListArgs};
use crate::logs::{self, LogsArgs};
use crate::new::{self, NewArgs};
use crate::operator::{self, OperatorArgs};
use crate::rerun::{self, RerunArgs};
use crate::status::{self, StatusArgs};
use crate::submit::{self, SubmitArgs};
use crate::why::{self, WhyArgs};

/// Runs Spark applications without the JVM.
#[derive(Debug, Parser)]
#[command(
    name = "hearth",
    version,
    about = "Runs Spark applications without the JVM",
    long_about = "Runs Spark applications without the JVM.\n\n\
        An application is described by a SparkApplication manifest, the one that `kubectl apply` takes. \
        `hearth run` runs it on this machine: the driver and the executors are separate processes, with as \
        many cores and as much memory as the manifest gives them. \
        `hearth submit` runs it on a Kubernetes cluster on which Hearth is installed.",
    after_long_help = "Examples:\n  \
        Run an application on this machine:\n    \
        hearth run deploy/examples/pi.yaml\n\n  \
        The same with four executors and other arguments:\n    \
        hearth run deploy/examples/pi.yaml --set spec.executor.instances=4 -- 100 1000000\n\n  \
        See what the application does:\n    \
        hearth run deploy/examples/pi.yaml --log-level info\n\n  \
        Run it on a cluster, see its log, and end as it ends:\n    \
        hearth submit deploy/examples/pi.yaml --follow\n\n  \
        Begin an application of your own:\n    \
        hearth new my-app\n\n\
        `hearth COMMAND --help` says more about a command.",
    max_term_width = 110
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// How much is logged to stderr; without it RUST_LOG decides, or `warn`.
    #[arg(long, global = true, value_enum, ignore_case = true, env = "HEARTH_LOG_LEVEL", value_name = "L")]
    #[arg(hide_env_values = true)]
    pub(crate) log_level: Option<LogLevel>,

    /// The form of the log lines: text for people, JSON for programs.
    #[arg(long, global = true, value_enum, ignore_case = true, env = "HEARTH_LOG_FORMAT")]
    #[arg(value_name = "FORMAT", default_value = "text", hide_env_values = true)]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a SparkApplication manifest on this machine.
    #[command(
        long_about = "Run a SparkApplication manifest on this machine.\n\n\
            The manifest is the one that `kubectl apply` takes (sparkoperator.k8s.io/v1beta2, YAML or JSON). The \
            driver and spec.executor.instances executors are child processes with the cores and the memory that \
            the manifest gives them.\n\n\
            What the program prints is printed here, byte for byte. Logs and progress go to stderr.",
        after_long_help = RUN_HELP
    )]
    Run(RunArgs),
    /// Submit a SparkApplication manifest to a cluster.
    #[command(long_about = submit::LONG_ABOUT, after_long_help = submit::HELP)]
    Submit(SubmitArgs),
    /// List the applications of a cluster.
    #[command(after_long_help = list::HELP)]
    List(ListArgs),
    /// Tell the story of an application: its state, its runs, its executors, what happened lately.
    #[command(after_long_help = status::HELP)]
    Status(StatusArgs),
    /// Print what the driver or the executors of an application print.
    #[command(long_about = logs::LONG_ABOUT, after_long_help = logs::HELP)]
    Logs(LogsArgs),
    /// Say what an application is waiting for, and what to do about it.
    #[command(after_long_help = why::HELP)]
    Why(WhyArgs),
    /// End an application.
    #[command(long_about = kill::LONG_ABOUT, after_long_help = kill::HELP)]
    Kill(KillArgs),
    /// Run an application that has ended once more.
    #[command(long_about = rerun::LONG_ABOUT, after_long_help = rerun::HELP)]
    Rerun(RerunArgs),
    /// Write a small application to begin with.
    #[command(long_about = new::LONG_ABOUT, after_long_help = new::HELP)]
    New(NewArgs),
    /// Run the operator of a cluster.
    #[command(long_about = operator::LONG_ABOUT, after_long_help = operator::HELP)]
    Operator(Box<OperatorArgs>),
    /// Print the version.
    #[command(
        long_about = "Print the version of Hearth, and of Spark and of the SparkApplication that it follows.",
        after_long_help = "Examples:\n  hearth version"
    )]
    Version,
    /// Print the completions of a shell.
    #[command(
        long_about = "Print the script that lets a shell complete the commands and options of hearth.",
        after_long_help = "Examples:\n  \
            bash, for this session:\n    source <(hearth completions bash)\n\n  \
            bash, for good:\n    \
            hearth completions bash > ~/.local/share/bash-completion/completions/hearth\n\n  \
            zsh, in a folder of $fpath:\n    hearth completions zsh > ~/.zfunc/_hearth\n\n  \
            fish:\n    hearth completions fish > ~/.config/fish/completions/hearth.fish"
    )]
    Completions(CompletionsArgs),
}

const RUN_HELP: &str = "\
Examples:
  Run an application, with its own arguments and with others:
    hearth run deploy/examples/pi.yaml
    hearth run deploy/examples/word-count.yaml -- ~/.cargo/registry/src

  Change fields of the manifest; keys with dots are quoted:
    hearth run app.yaml --set spec.executor.instances=4 --set spec.executor.memory=2g
    hearth run app.yaml --set 'spec.arguments[0]=100'
    hearth run app.yaml --set 'spec.sparkConf.\"spark.task.maxFailures\"=2'

  Change Spark's settings; they win over the manifest:
    hearth run app.yaml --conf spark.executor.cores=2 --conf spark.eventLog.enabled=true

  Run in one process instead of several, to debug:
    hearth run app.yaml --conf 'spark.master=local[*]'

  Read the manifest from another program:
    helm template chart | hearth run -

The program:
  spec.mainApplicationFile is a path on this machine, plain or as file://PATH.
  local:///opt/hearth/NAME, where images have the examples, is HEARTH_HOME/NAME.

Exit status:
  that of the program (128 + N if signal N ended it);
  2 if the manifest or an option is wrong; 130 after Ctrl-C; 143 after SIGTERM.

Environment:
  HEARTH_HOME        the folder that local:///opt/hearth stands for; that of this binary if unset
  RUST_LOG           what is logged, as in hearth_driver=debug,warn";

#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// The manifest: a file, or - for stdin.
    #[arg(value_name = "APP.yaml")]
    pub(crate) manifest: OsString,

    /// Set a field of the manifest, as in spec.executor.instances=3; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,

    /// Set one of Spark's settings, as in spark.executor.cores=2; may be repeated.
    #[arg(short = 'c', long = "conf", value_name = "KEY=VALUE")]
    pub(crate) conf: Vec<String>,

    /// The arguments of the program, instead of spec.arguments.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
