//! `hearth rerun NAME`: an application that has ended, once more.
//!
//! The operator runs a spec once, and what a spec says is all that it looks at.
//! So the object is deleted and made again, with the same name, labels, annotations and spec: a new life with a new uid,
//! no attempts, and nothing left of the old pods. What a queue wrote into it is left out.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args as ClapArgs;
use hearth_crd::SparkApplication;
use kube::api::{Patch, PatchParams};
use tokio::time::Instant;

use crate::args::Args;
use crate::cluster_client::{Cluster, ClusterArgs, FIELD_MANAGER};
use crate::error::Error;
use crate::follow::{Baseline, has_ended};
use crate::kill::delete;
use crate::kueue::without_its_words;
use crate::list::state_name;
use crate::output::{Reporter, clean};
use crate::submit::{WaitArgs, wait, without_server_fields};
use crate::time::{elapsed, parse_span};
use crate::until::{is_gone, until};

pub(crate) const LONG_ABOUT: &str = "\
Run an application that has ended once more.

The application is deleted and made again with the same name, labels, annotations and spec; \
its pods, its logs and its history are gone then. One that has not ended is refused, unless --now is given.";

pub(crate) const HELP: &str = "\
Examples:
  Run it again, and see its log:
    hearth rerun pi
    hearth rerun pi --follow

  End it where it is and begin again:
    hearth rerun pi --now

Exit status: 124 if the old pods are not gone after --timeout; with --follow or --wait as that of `hearth submit`.";

#[derive(Debug, ClapArgs)]
pub(crate) struct RerunArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// End it first if it has not ended.
    #[arg(long)]
    pub(crate) now: bool,

    #[command(flatten)]
    pub(crate) waiting: WaitArgs,

    /// Wait no longer than this, as in 90s, 10m or 1h30m: for its old pods to be gone, and for its end if that is awaited.
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    pub(crate) timeout: Option<Duration>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Runs the application once more.
pub(crate) async fn rerun(rerun: &RerunArgs, args: &Args) -> Result<ExitCode, Error> {
    let started = Instant::now();
    let reporter = Reporter(args.log_format);
    let cluster = Cluster::connect(&rerun.cluster, None).await?;
    let name = &rerun.name;
    let old = cluster.get(name).await?;
    let state = state_name(&old);
    if !has_ended(&old) && !rerun.now {
        return Err(Error::NotEnded { name: name.clone(), state });
    }
    let new = again(&old);
    // Should this process end between the two, the application is not lost.
    let copy = save(&new)?;
    delete(&cluster, &old).await?;
    let deadline = rerun.timeout.map(|timeout| started + timeout);
    let hint = || {
        reporter.say(&format!(
            "{name}: its old pods take their time; to see why: hearth why {name}; until it is made again it is in {}",
            copy.display()
        ));
    };
    if until(&cluster, name, is_gone(old.metadata.uid.clone()), deadline, hint).await?.is_none() {
        reporter.fail(&format!(
            "{name} still has old pods after {}, so it was not made again; to see why: hearth why {name}; it is in {}",
            elapsed(started.elapsed()),
            copy.display()
        ));
        return Ok(ExitCode::from(124));
    }
    let params = PatchParams::apply(FIELD_MANAGER);
    let made = cluster.applications().patch(name, &params, &Patch::Apply(&new)).await;
    if let Err(source) = made {
        reporter
            .fail(&format!("{name} was deleted and could not be made again; it is in {}", copy.display()));
        return Err(cluster.error(&format!("make application {name} again"), &source).into());
    }
    std::fs::remove_file(&copy).ok();
    reporter.say(&format!(
        "application {name} ({state}) was deleted and made again in namespace {}",
        cluster.namespace()
    ));
    if rerun.waiting.is_waiting() {
        let left = rerun.timeout.map(|timeout| timeout.saturating_sub(started.elapsed()));
        return wait(&cluster, name, Baseline::default(), &rerun.waiting, left, reporter).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// The application as it was before its first run.
fn again(old: &SparkApplication) -> SparkApplication {
    let mut new = without_server_fields(without_its_words(old.clone()));
    new.metadata.generate_name = None;
    new.metadata.finalizers = None;
    new
}

/// Writes the application to a file that only this user may read, as its spec may hold secrets.
fn save(application: &SparkApplication) -> Result<PathBuf, Error> {
    let name = application.metadata.name.as_deref().unwrap_or_default();
    let created =
        tempfile::Builder::new().prefix(&format!("hearth-rerun-{name}-")).suffix(".json").tempfile();
    let path = std::env::temp_dir();
    let written = created.and_then(|mut file| {
        file.write_all(clean(application).to_string().as_bytes())?;
        file.into_temp_path().keep().map_err(|error| error.error)
    });
    written.map_err(|source| Error::WriteCopy { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn what_is_made_again_has_the_same_spec_and_labels_and_no_past() {
        let mut old = testing::application("pi");
        old.metadata.uid = Some("1".to_owned());
        old.metadata.resource_version = Some("7".to_owned());
        old.metadata.labels = Some([("team".to_owned(), "reports".to_owned())].into());
        old.metadata.finalizers = Some(vec!["foregroundDeletion".to_owned()]);
        old.status = Some(testing::status("COMPLETED"));
        let new = again(&old);
        assert_eq!((&new.spec, &new.metadata.labels), (&old.spec, &old.metadata.labels));
        assert_eq!((&new.status, &new.metadata.uid, &new.metadata.finalizers), (&None, &None, &None));
    }

    #[test]
    fn only_the_terminal_states_have_ended() {
        let mut application = testing::application("pi");
        assert!(!has_ended(&application));
        application.status = Some(testing::status("RUNNING"));
        assert!(!has_ended(&application));
        application.status = Some(testing::status("FAILED"));
        assert!(has_ended(&application));
    }
}
