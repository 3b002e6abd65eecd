//! `hearth list`: the applications of a namespace, or of all.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use hearth_crd::{ExecutorState, SparkApplication};
use jiff::Timestamp;
use kube::ResourceExt;
use kube::api::ListParams;

use crate::cluster_client::{Cluster, ClusterArgs};
use crate::error::Error;
use crate::follow::wanted;
use crate::output::{OutputForm, clean, object_name, print, print_value, table};
use crate::time::age;

pub(crate) const HELP: &str = "\
Examples:
  The applications of the namespace of the context, and of all namespaces:
    hearth list
    hearth list -A

  Those with a label:
    hearth list --selector team=reports

  For programs:
    hearth list --output json | jq -r '.items[].metadata.name'";

#[derive(Debug, ClapArgs)]
pub(crate) struct ListArgs {
    /// Those of every namespace.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    /// Only those with these labels, as in team=reports.
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub(crate) selector: Option<String>,

    /// Print them for programs.
    #[arg(short = 'o', long, value_enum, value_name = "FORM")]
    pub(crate) output: Option<OutputForm>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Prints the applications.
pub(crate) async fn list(args: &ListArgs) -> Result<ExitCode, Error> {
    let cluster = Cluster::connect(&args.cluster, None).await?;
    let api = if args.all_namespaces { cluster.applications_everywhere() } else { cluster.applications() };
    let params = ListParams { label_selector: args.selector.clone(), ..ListParams::default() };
    let listed = api.list(&params).await.map_err(|source| cluster.error("list applications", &source))?;
    let mut applications = listed.items;
    applications.sort_by_key(|application| (application.namespace(), application.name_any()));
    match args.output {
        Some(OutputForm::Name) => {
            let names: String = applications.iter().map(|one| object_name(one) + "\n").collect();
            print(names.as_bytes())?;
        }
        Some(form @ (OutputForm::Json | OutputForm::Yaml)) => {
            let items: Vec<serde_json::Value> = applications.iter().map(clean).collect();
            print_value(form, &serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items }))?;
        }
        None if applications.is_empty() => {
            let place = match args.all_namespaces {
                true => "any namespace".to_owned(),
                false => format!("namespace {}", cluster.namespace()),
            };
            tracing::warn!("no applications in {place}");
        }
        None => print(rows(&applications, args.all_namespaces, Timestamp::now()).as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(applications: &[SparkApplication], with_namespace: bool, now: Timestamp) -> String {
    let mut head = vec!["NAME", "STATE", "ATTEMPTS", "AGE", "DRIVER", "EXECUTORS"];
    if with_namespace {
        head.insert(0, "NAMESPACE");
    }
    let row = |application: &SparkApplication| {
        let mut row = row(application, now);
        if with_namespace {
            row.insert(0, application.namespace().unwrap_or_default());
        }
        row
    };
    let rows: Vec<Vec<String>> = applications.iter().map(row).collect();
    table(&head, &rows)
}

fn row(application: &SparkApplication, now: Timestamp) -> Vec<String> {
    let status = application.status.as_ref();
    let attempts = status.and_then(|status| status.submission_attempts).unwrap_or_default();
    let made = application.metadata.creation_timestamp.as_ref();
    let driver = status.and_then(|status| status.driver_info.pod_name.clone());
    vec![
        application.name_any(),
        state_name(application),
        attempts.to_string(),
        made.map(|made| age(made.0, now)).unwrap_or_default(),
        driver.unwrap_or_else(|| "-".to_owned()),
        executors(application),
    ]
}

/// The state as kubectl shows it; `NEW` where there is none yet.
pub(crate) fn state_name(application: &SparkApplication) -> String {
    let state = application.status.as_ref().and_then(|status| status.application_state.as_ref());
    let name = state.and_then(|state| serde_json::to_value(state.state).ok());
    let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    if name.is_empty() { "NEW".to_owned() } else { name.to_owned() }
}

/// How many executors run, and how many there are to be, as in `1/2`.
pub(crate) fn executors(application: &SparkApplication) -> String {
    let states = application.status.as_ref().and_then(|status| status.executor_state.as_ref());
    let states = states.into_iter().flatten();
    let running = states.filter(|(_, state)| **state == ExecutorState::Running).count();
    match wanted(application) {
        Some(wanted) => format!("{running}/{wanted}"),
        None => running.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_table_has_one_row_per_application() {
        let new = testing::application("new");
        let mut running = testing::application("word-count");
        let mut status = testing::status("RUNNING");
        status.submission_attempts = Some(1);
        status.driver_info.pod_name = Some("word-count-driver".to_owned());
        let executor = ("word-count-1-exec-1".to_owned(), ExecutorState::Running);
        status.executor_state = Some([executor].into());
        running.status = Some(status);
        let expected = "\
NAMESPACE   NAME         STATE     ATTEMPTS   AGE   DRIVER              EXECUTORS
default     new          NEW       0          10m   -                   0/2
default     word-count   RUNNING   1          10m   word-count-driver   1/2
";
        assert_eq!(rows(&[new, running], true, testing::now()), expected);
    }
}
