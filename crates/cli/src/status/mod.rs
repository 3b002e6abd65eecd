//! `hearth status NAME`: the story of one application.

mod story;

use std::process::ExitCode;

use clap::Args as ClapArgs;
use jiff::Timestamp;

use self::story::{Facts, story};
use crate::cluster_client::{Cluster, ClusterArgs};
use crate::error::Error;
use crate::output::{OutputForm, print, print_application};

pub(crate) const HELP: &str = "\
Examples:
  The state, the runs so far with the causes of their failures, the executors, what happened lately:
    hearth status pi

  The object, for programs:
    hearth status pi --output json | jq -r .status.applicationState.state

`hearth why NAME` says in a sentence what an application is waiting for.";

#[derive(Debug, ClapArgs)]
pub(crate) struct StatusArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Print the object for programs.
    #[arg(short = 'o', long, value_enum, value_name = "FORM")]
    pub(crate) output: Option<OutputForm>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Prints the story.
pub(crate) async fn status(args: &StatusArgs) -> Result<ExitCode, Error> {
    let cluster = Cluster::connect(&args.cluster, None).await?;
    let application = cluster.get(&args.name).await?;
    if let Some(form) = args.output {
        print_application(form, &application)?;
        return Ok(ExitCode::SUCCESS);
    }
    let pods = cluster.pods_of(&args.name).await.unwrap_or_default();
    let pool = cluster.pool_of(&args.name).await;
    let events = cluster.events_of(&args.name, &pods).await;
    let facts = Facts { application: &application, pods: &pods, pool: pool.as_ref(), events: &events };
    print(story(&facts, Timestamp::now()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
