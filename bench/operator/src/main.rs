//! Measures the operator under load: a real API server, and nodes that are simulated by a loop that marks pods running and
//! then succeeded.
//!
//! Pods name a scheduler that does not exist, so that only the loop takes care of them.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

mod applications;
mod nodes;
mod operator;
mod paused;
mod report;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use kube::Client;

use crate::applications::Applications;
use crate::nodes::Nodes;
use crate::operator::Operator;
use crate::paused::Paused;

/// Measures the operator under load.
#[derive(Debug, Parser)]
#[command(name = "hearth-operator-bench", version, after_help = EXAMPLES)]
struct Args {
    /// The `hearth` binary, which is started as the operator.
    #[arg(long, default_value = "target/release/hearth")]
    hearth: PathBuf,
    /// How many applications.
    #[arg(long, default_value_t = 1500)]
    applications: usize,
    /// How many executors each has.
    #[arg(long, default_value_t = 2)]
    executors: u32,
    /// How many are created at a time.
    #[arg(long, default_value_t = 16)]
    at_a_time: usize,
    /// How long a driver runs once it is started, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    run_millis: u64,
    /// The namespace, which is created and deleted.
    #[arg(long, default_value = "hearth-bench")]
    namespace: String,
    /// The application by name instead of our own, for another operator: `NAME` and `N` are replaced in this manifest.
    #[arg(long)]
    manifest: Option<PathBuf>,
    /// Do not start our operator: another one runs already.
    #[arg(long)]
    no_operator: bool,
    /// Pause this process while it measures, such as the controller manager, which makes endpoints of every service and
    /// takes a third of two cores; may be given several times.
    #[arg(long, value_name = "PID")]
    pause: Vec<i32>,
    /// Give up after so many seconds.
    #[arg(long, default_value_t = 900)]
    timeout: u64,
}

const EXAMPLES: &str = "\
KUBECONFIG names the cluster; the resource definitions must be there (kubectl apply -f crds/).

Examples:
  hearth-operator-bench                                    1,500 applications
  hearth-operator-bench --pause $(pgrep kube-controller)
                                                           without the work of other controllers
  hearth-operator-bench --applications 10000               memory with 10,000";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tokio::task::LocalSet::new().run_until(run(Args::parse())).await
}

async fn run(args: Args) -> anyhow::Result<()> {
    let client = Client::try_default().await.context("reach the cluster that KUBECONFIG names")?;
    applications::make_namespace(&client, &args.namespace).await?;
    let operator =
        if args.no_operator { None } else { Some(Operator::start(&args.hearth, &args.namespace).await?) };
    let nodes = Nodes::start(client.clone(), &args.namespace, Duration::from_millis(args.run_millis));
    let manifest =
        args.manifest.as_ref().map(std::fs::read_to_string).transpose().context("read the manifest")?;
    let applications = Applications::new(client.clone(), &args.namespace, args.executors, manifest);
    applications::wait_for_account(&client, &args.namespace).await?;
    let paused = Paused::new(&args.pause)?;
    let before = operator.as_ref().map(Operator::usage).transpose()?;
    let start = Instant::now();
    let run = applications.run(args.applications, args.at_a_time);
    let times = tokio::time::timeout(Duration::from_secs(args.timeout), run)
        .await
        .context("the applications did not end in time")??;
    drop(paused);
    let after = operator.as_ref().map(Operator::usage).transpose()?;
    let requests = match &operator {
        Some(operator) => Some(operator.requests().await?),
        None => None,
    };
    report::print(&args, &times, start, &nodes.counts(), before.zip(after), requests.as_ref());
    applications::delete_namespace(&client, &args.namespace).await?;
    drop(operator);
    Ok(())
}
