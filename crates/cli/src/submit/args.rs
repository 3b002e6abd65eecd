//! The options of `hearth submit`.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use crate::cluster_client::ClusterArgs;
use crate::output::OutputForm;
use crate::time::parse_span;

pub(crate) const LONG_ABOUT: &str = "\
Submit a SparkApplication manifest to a cluster.

The manifest is read and checked as `hearth run` and the operator do it, then applied server-side. \
With --follow the log of the driver is printed here, byte for byte, and what happens meanwhile goes to stderr; \
with --follow or --wait the command ends with the exit status of the program.";

pub(crate) const HELP: &str = "\
Examples:
  Submit an application and go on:
    hearth submit deploy/examples/pi.yaml

  See its log, and end as it ends, as a CI pipeline wants it:
    hearth submit deploy/examples/pi.yaml --follow --timeout 10m

  The same with other arguments, more executors and a setting of Spark's:
    hearth submit app.yaml --set spec.executor.instances=4 --conf spark.task.maxFailures=2 -- 100 1000000

  A new application each time, where the manifest has metadata.generateName instead of a name:
    hearth submit app.yaml --output name

  See what would be sent, and whether the cluster would take it:
    hearth submit app.yaml --dry-run=client --output yaml
    hearth submit app.yaml --dry-run=server

  Read the manifest from another program:
    helm template chart | hearth submit - --namespace jobs

An application of that name that exists already is changed to what the manifest says. \
If it had ended and nothing changed, nothing runs: `hearth rerun NAME` runs it again.

Exit status, with --follow or --wait:
  that of the program; 1 if it failed without one or was deleted;
  2 if the manifest or an option is wrong; 124 after --timeout; 130 after Ctrl-C, 143 after SIGTERM:
  the application goes on running then.";

#[derive(Debug, ClapArgs)]
pub(crate) struct SubmitArgs {
    /// The manifest: a file, or - for stdin.
    #[arg(value_name = "APP.yaml")]
    pub(crate) manifest: OsString,

    /// Set a field of the manifest, as in spec.executor.instances=3; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,

    /// Set one of Spark's settings, as in spark.executor.cores=2; may be repeated.
    #[arg(short = 'c', long = "conf", value_name = "KEY=VALUE")]
    pub(crate) conf: Vec<String>,

    #[command(flatten)]
    pub(crate) waiting: WaitArgs,

    /// Wait no longer than this, as in 90s, 10m or 1h30m; the application goes on running.
    #[arg(long, value_name = "SPAN", value_parser = parse_span, requires = "waiting")]
    pub(crate) timeout: Option<Duration>,

    /// Only show what would be done: `client` asks no cluster, `server` asks it to check.
    #[arg(long, value_enum, value_name = "WHO", conflicts_with_all = ["wait", "follow"])]
    pub(crate) dry_run: Option<DryRun>,

    /// Print the application as it was submitted; with --wait, as it ended.
    #[arg(short = 'o', long, value_enum, value_name = "FORM", conflicts_with = "follow")]
    pub(crate) output: Option<OutputForm>,

    /// Take over fields that somebody else has set.
    #[arg(long)]
    pub(crate) force_conflicts: bool,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    /// The arguments of the program, instead of spec.arguments.
    #[arg(last = true, value_name = "ARGUMENT")]
    pub(crate) arguments: Vec<String>,
}

/// Whether to wait for the end.
#[derive(Clone, Debug, Default, ClapArgs)]
#[group(id = "waiting")]
pub(crate) struct WaitArgs {
    /// Wait for the end, and end with the exit status of the program.
    #[arg(short = 'w', long)]
    pub(crate) wait: bool,

    /// Print the log of the driver, wait for the end, and end with the exit status of the program.
    #[arg(short = 'f', long)]
    pub(crate) follow: bool,
}

impl WaitArgs {
    pub(crate) fn is_waiting(&self) -> bool {
        self.wait || self.follow
    }
}

/// Who checks a dry run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    Client,
    Server,
}
