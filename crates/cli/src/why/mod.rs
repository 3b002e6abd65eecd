//! `hearth why NAME`: what an application is waiting for, and what to do about it.

mod answer;
mod pods;
mod quota;

use std::process::ExitCode;

use clap::{Args as ClapArgs, ValueEnum};
use jiff::Timestamp;

use self::answer::{Facts, answer, depends_on_pods};
use crate::cluster_client::{Cluster, ClusterArgs};
use crate::error::Error;
use crate::output::{OutputForm, print, print_value};

pub(crate) const HELP: &str = "\
Examples:
  What it is waiting for, and what to do:
    hearth why pi

  For programs:
    hearth why pi --output json | jq -r .reason

It looks at the state, at the pods and what the scheduler says about them, at quotas, queues, events and retries.";

#[derive(Debug, ClapArgs)]
pub(crate) struct WhyArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Print the answer for programs.
    #[arg(short = 'o', long, value_enum, value_name = "FORM")]
    pub(crate) output: Option<WhyForm>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// The form of the answer for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhyForm {
    Json,
    Yaml,
}

/// Prints the answer.
pub(crate) async fn why(args: &WhyArgs) -> Result<ExitCode, Error> {
    let cluster = Cluster::connect(&args.cluster, None).await?;
    let application = cluster.get(&args.name).await?;
    let pods = match cluster.pods_of(&args.name).await {
        Err(error) if depends_on_pods(&application) => return Err(error.into()),
        pods => pods.unwrap_or_default(),
    };
    let pool = cluster.pool_of(&args.name).await;
    let events = cluster.events_of(&args.name, &pods).await;
    let quotas = cluster.quotas().await;
    let facts = Facts {
        application: &application,
        pods: &pods,
        pool: pool.as_ref(),
        events: &events,
        quotas: &quotas,
        now: Timestamp::now(),
    };
    let answer = answer(&facts);
    match args.output {
        Some(WhyForm::Json) => print_value(OutputForm::Json, &answer)?,
        Some(WhyForm::Yaml) => print_value(OutputForm::Yaml, &answer)?,
        None => print(answer.text().as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
