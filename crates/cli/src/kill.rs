//! `hearth kill NAME`: ends an application.
//!
//! Spark: `spark-submit --kill`, which deletes the driver's pod.
//! Ours deletes the application with all that belongs to it, or suspends it, which keeps the object.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args as ClapArgs;
use hearth_crd::{ApplicationStateType, SparkApplication};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use tokio::time::Instant;

use crate::args::Args;
use crate::cluster_client::{Cluster, ClusterArgs, Error as ClientError, FIELD_MANAGER};
use crate::error::Error;
use crate::follow::has_ended;
use crate::list::state_name;
use crate::output::Reporter;
use crate::time::{elapsed, parse_span};
use crate::until::{is_gone, until};

pub(crate) const LONG_ABOUT: &str = "\
End an application.

The application is deleted, and with it its pods and everything else that was made for it. \
With --keep it is suspended instead: its pods are removed, the application stays, and \
`kubectl patch sparkapp NAME --type merge -p '{\"spec\":{\"suspend\":false}}'` runs it again from the start.";

pub(crate) const HELP: &str = "\
Examples:
  End an application; and wait until its pods are gone:
    hearth kill pi
    hearth kill pi --wait

  Take its pods away and keep it:
    hearth kill pi --keep

Exit status: 124 after --timeout; the application goes on ending then.";

#[derive(Debug, ClapArgs)]
pub(crate) struct KillArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Wait until it is gone with its pods.
    #[arg(short = 'w', long)]
    pub(crate) wait: bool,

    /// Wait no longer than this, as in 90s, 10m or 1h30m.
    #[arg(long, value_name = "SPAN", value_parser = parse_span, requires = "wait")]
    pub(crate) timeout: Option<Duration>,

    /// Suspend it instead of deleting it.
    #[arg(long)]
    pub(crate) keep: bool,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Ends the application.
pub(crate) async fn kill(kill: &KillArgs, args: &Args) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let reporter = Reporter(args.log_format);
    let cluster = Cluster::connect(&kill.cluster, None).await?;
    let name = &kill.name;
    let application = cluster.get(name).await?;
    let deadline = kill.timeout.map(|timeout| started + timeout);
    let hint = || reporter.say(&format!("{name}: its pods take their time; to see why: hearth why {name}"));
    let told = if kill.keep {
        keep(&cluster, &application, kill.wait, deadline, hint).await?
    } else {
        delete(&cluster, &application).await?;
        let is_gone = is_gone(application.metadata.uid.clone());
        let is_over = !kill.wait || until(&cluster, name, is_gone, deadline, hint).await?.is_some();
        is_over.then(|| format!("application {name} is deleted, and its pods with it"))
    };
    match told {
        Some(told) => {
            reporter.say(&told);
            Ok(ExitCode::SUCCESS)
        }
        None => {
            reporter.fail(&format!(
                "{name} still has pods after {}; to see why: hearth why {name}",
                elapsed(started.elapsed())
            ));
            Ok(ExitCode::from(124))
        }
    }
}

/// Suspends the application, unless it has ended. Answers with what became of it, or with nothing if `deadline` came before.
async fn keep(
    cluster: &Cluster,
    application: &SparkApplication,
    wait: bool,
    deadline: Option<Instant>,
    hint: impl FnOnce(),
) -> Result<Option<String>, Error> {
    let name = application.metadata.name.as_deref().unwrap_or_default();
    if has_ended(application) {
        return Ok(Some(kept(name, Some(application))));
    }
    suspend(cluster, name).await?;
    if !wait {
        return Ok(Some(format!("application {name} is being suspended, and its pods are being removed")));
    }
    let found = until(cluster, name, is_suspended, deadline, hint).await?;
    Ok(found.map(|application| kept(name, application.as_ref())))
}

/// What became of an application that was to be suspended. It may have ended before.
fn kept(name: &str, application: Option<&SparkApplication>) -> String {
    match application {
        None => format!("application {name} is deleted, and its pods with it"),
        Some(application) if has_ended(application) => {
            format!(
                "application {name} has ended ({}), so there is nothing to suspend",
                state_name(application)
            )
        }
        Some(_) => format!("application {name} is suspended; its pods are removed"),
    }
}

/// Deletes exactly this application: it stays visible until what belongs to it is gone.
pub(crate) async fn delete(cluster: &Cluster, application: &SparkApplication) -> Result<(), ClientError> {
    let name = application.metadata.name.as_deref().unwrap_or_default();
    let exactly = Preconditions { uid: application.metadata.uid.clone(), resource_version: None };
    let params = DeleteParams::foreground().preconditions(exactly);
    let deleted = cluster.applications().delete(name, &params).await;
    deleted.map(|_| ()).map_err(|source| cluster.error(&format!("delete application {name}"), &source))
}

async fn suspend(cluster: &Cluster, name: &str) -> Result<(), ClientError> {
    let patch = Patch::Merge(serde_json::json!({ "spec": { "suspend": true } }));
    let params = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    let patched = cluster.applications().patch(name, &params, &patch).await;
    patched.map(|_| ()).map_err(|source| cluster.error(&format!("suspend application {name}"), &source))
}

/// Whether no pod is left, because it is suspended or has ended before.
fn is_suspended(application: Option<&SparkApplication>) -> bool {
    let is_suspended = |application: &SparkApplication| {
        let state = application.status.as_ref().and_then(|status| status.application_state.as_ref());
        state.is_some_and(|state| state.state == ApplicationStateType::Suspended)
    };
    application.is_none_or(|application| is_suspended(application) || has_ended(application))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn an_application_that_has_ended_is_not_called_suspended() {
        let told = |state: &str| {
            let mut application = testing::application("pi");
            application.status = Some(testing::status(state));
            is_suspended(Some(&application)).then(|| kept("pi", Some(&application)))
        };
        assert_eq!(told("SUSPENDING"), None);
        assert_eq!(told("SUSPENDED").as_deref(), Some("application pi is suspended; its pods are removed"));
        assert_eq!(
            told("COMPLETED").as_deref(),
            Some("application pi has ended (COMPLETED), so there is nothing to suspend")
        );
    }
}
