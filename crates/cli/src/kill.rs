//! `hearth kill NAME`: ends an application.
//!
//! Spark: `spark-submit --kill`, which deletes the driver's pod.
//! Ours deletes the application with all that belongs to it, or suspends it, which keeps the object.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use hearth_crd::{ApplicationStateType, SparkApplication};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::runtime::wait::{Condition, await_condition};

use crate::args::Args;
use crate::cluster_client::{Cluster, ClusterArgs, Error as ClientError, FIELD_MANAGER};
use crate::error::Error;
use crate::output::Reporter;

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
    hearth kill pi --keep";

#[derive(Debug, ClapArgs)]
pub(crate) struct KillArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Wait until it is gone with its pods.
    #[arg(short = 'w', long)]
    pub(crate) wait: bool,

    /// Suspend it instead of deleting it.
    #[arg(long)]
    pub(crate) keep: bool,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Ends the application.
pub(crate) async fn kill(kill: &KillArgs, args: &Args) -> Result<ExitCode, Error> {
    let reporter = Reporter(args.log_format);
    let cluster = Cluster::connect(&kill.cluster, None).await?;
    let name = &kill.name;
    let application = cluster.get(name).await?;
    if kill.keep {
        suspend(&cluster, name).await?;
        if kill.wait {
            until(&cluster, name, is_suspended).await?;
        }
        reporter.say(&format!("application {name} is suspended; its pods are removed"));
    } else {
        delete(&cluster, &application).await?;
        if kill.wait {
            until(&cluster, name, is_gone(application.metadata.uid.clone())).await?;
        }
        reporter.say(&format!("application {name} is deleted, and its pods with it"));
    }
    Ok(ExitCode::SUCCESS)
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

/// Waits until something is true of the application.
pub(crate) async fn until(
    cluster: &Cluster,
    name: &str,
    condition: impl Condition<SparkApplication>,
) -> Result<(), Error> {
    let waited = Box::pin(await_condition(cluster.applications(), name, condition)).await;
    waited.map(|_| ()).map_err(|source| Error::Watch { name: name.to_owned(), problem: source.to_string() })
}

/// Whether the application with this uid is gone; another of its name may be there.
pub(crate) fn is_gone(uid: Option<String>) -> impl Condition<SparkApplication> {
    move |application: Option<&SparkApplication>| {
        application.is_none_or(|application| application.metadata.uid != uid)
    }
}

/// Whether no pod is left, because it is suspended or has ended before.
fn is_suspended(application: Option<&SparkApplication>) -> bool {
    let state = application.and_then(|application| application.status.as_ref()?.application_state.as_ref());
    state.is_none_or(|state| state.state == ApplicationStateType::Suspended || state.state.is_terminal())
}
