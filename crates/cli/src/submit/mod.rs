//! `hearth submit`: an application from its manifest, on a cluster.
//!
//! Spark: `spark-submit --deploy-mode cluster`.
//! Ours applies the object that `kubectl apply` would, and leaves everything else to the operator.

mod args;
mod build;

use std::process::ExitCode;
use std::time::Duration;

use hearth_crd::{ApplicationType, RestartPolicyType, SparkApplication};
use kube::api::{Patch, PatchParams, PostParams};

use self::args::DryRun;
pub(crate) use self::args::{HELP, LONG_ABOUT, SubmitArgs, WaitArgs};
pub(crate) use self::build::without_server_fields;
use crate::args::Args;
use crate::cluster_client::{Cluster, Error as ClientError, FIELD_MANAGER, namespace_of_context};
use crate::error::Error;
use crate::follow::{Baseline, Logs, Options, follow, has_ended};
use crate::output::{OutputForm, Reporter, print, print_application};

/// Submits the application, and waits for it if that is wanted.
pub(crate) async fn submit(submit: &SubmitArgs, args: &Args) -> Result<ExitCode, Error> {
    let reporter = Reporter(args.log_format);
    let text = build::read(submit)?;
    let (mut application, warnings) = build::build(&text, submit)?;
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    warn(&application, submit);
    if submit.dry_run == Some(DryRun::Client) {
        let namespace = namespace_of_context(&submit.cluster).await;
        let own = submit.cluster.namespace.clone().or(namespace);
        application.metadata.namespace = application.metadata.namespace.or(own);
        let form = submit.output.unwrap_or(OutputForm::Yaml);
        print_application(form, &application)?;
        return Ok(ExitCode::SUCCESS);
    }
    let cluster = Cluster::connect(&submit.cluster, application.metadata.namespace.as_deref()).await?;
    application.metadata.namespace = Some(cluster.namespace().to_owned());
    let submitted = send(&cluster, &application, submit).await?;
    let name = submitted.application.metadata.name.clone().unwrap_or_default();
    let told = submitted.sentence(&name, cluster.namespace(), submit);
    if submit.waiting.is_waiting() {
        reporter.say(&told);
        if submitted.is_settled() {
            return Ok(ExitCode::FAILURE);
        }
        let (baseline, waiting) = (submitted.baseline(), &submit.waiting);
        let status = wait(&cluster, &name, baseline, waiting, submit.timeout, reporter).await?;
        if let Some(form) = submit.output
            && let Some(ended) = cluster.find(&name).await?
        {
            print_application(form, &ended)?;
        }
        return Ok(status);
    }
    match submit.output {
        Some(form) => print_application(form, &submitted.application)?,
        None => print(format!("{told}\n").as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Waits for the end of an application, with its log if that is wanted.
pub(crate) async fn wait(
    cluster: &Cluster,
    name: &str,
    baseline: Baseline,
    waiting: &WaitArgs,
    timeout: Option<Duration>,
    reporter: Reporter,
) -> Result<ExitCode, Error> {
    let logs = if waiting.follow { Logs::Drivers } else { Logs::Nobodys };
    let options = Options { logs, tail: None, progress: true, timeout, baseline };
    follow(cluster, name, options, reporter).await
}

/// An application that was sent, and what there was of it before.
struct Submitted {
    application: SparkApplication,
    before: Option<SparkApplication>,
}

impl Submitted {
    fn is_unchanged(&self) -> bool {
        let before = self.before.as_ref().map(|before| before.metadata.generation);
        before == Some(self.application.metadata.generation)
    }

    /// Whether it ended before, and nothing changed: it will not run.
    fn is_settled(&self) -> bool {
        self.is_unchanged() && self.before.as_ref().is_some_and(has_ended)
    }

    /// What of the past is not the end of this run.
    fn baseline(&self) -> Baseline {
        if self.is_unchanged() {
            return Baseline::default();
        }
        let before = self.before.as_ref().and_then(|before| before.status.as_ref());
        Baseline {
            generation: self.application.metadata.generation,
            submission: before.and_then(|status| status.submission_id.clone()),
        }
    }

    fn sentence(&self, name: &str, namespace: &str, submit: &SubmitArgs) -> String {
        let dry = if submit.dry_run.is_some() { " (server dry run)" } else { "" };
        let follow = match (submit.dry_run, submit.waiting.is_waiting()) {
            (None, false) => format!("; see its log: hearth logs -f {name} -n {namespace}"),
            (_, _) => String::new(),
        };
        match &self.before {
            None => format!("application {name} submitted to namespace {namespace}{dry}{follow}"),
            Some(_) if self.is_settled() => format!(
                "application {name} exists already in namespace {namespace}, has ended and is what the manifest says, so \
                 nothing runs{dry}; run it again: hearth rerun {name} -n {namespace}"
            ),
            Some(_) if self.is_unchanged() => format!(
                "application {name} exists already in namespace {namespace} and is what the manifest says; it goes \
                 on{dry}{follow}"
            ),
            Some(_) => format!(
                "application {name} exists already in namespace {namespace} and was changed to what the manifest \
                 says{dry}; see what becomes of it: hearth status {name} -n {namespace}"
            ),
        }
    }
}

async fn send(
    cluster: &Cluster,
    application: &SparkApplication,
    submit: &SubmitArgs,
) -> Result<Submitted, ClientError> {
    let api = cluster.applications();
    let dry_run = submit.dry_run == Some(DryRun::Server);
    let Some(name) = &application.metadata.name else {
        let params = PostParams { dry_run, field_manager: Some(FIELD_MANAGER.to_owned()) };
        let made = api.create(&params, application).await;
        let what = "submit an application";
        let application = made.map_err(|source| cluster.error(what, &source))?;
        return Ok(Submitted { application, before: None });
    };
    let before = cluster.find(name).await?;
    let params = PatchParams { dry_run, force: submit.force_conflicts, ..PatchParams::apply(FIELD_MANAGER) };
    let applied = api.patch(name, &params, &Patch::Apply(application)).await;
    let what = format!("submit application {name}");
    let application = applied.map_err(|source| cluster.error(&what, &source))?;
    Ok(Submitted { application, before })
}

/// Warns of what will not end as the user may think.
fn warn(application: &SparkApplication, submit: &SubmitArgs) {
    match application.spec.application_type {
        ApplicationType::Rust => {}
        other @ (ApplicationType::Python
        | ApplicationType::Sql
        | ApplicationType::Java
        | ApplicationType::Scala
        | ApplicationType::R) => {
            tracing::warn!("spec.type: Hearth's operator does not run {} yet", other.as_str());
        }
    }
    let policy = application.spec.restart_policy.as_ref().and_then(|policy| policy.policy);
    if submit.waiting.is_waiting() && policy == Some(RestartPolicyType::Always) {
        tracing::warn!(
            "spec.restartPolicy: with Always the application never ends, so there is no end to wait for"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn submitted(state: Option<&str>, generation: i64) -> Submitted {
        let mut application = testing::application("pi");
        application.metadata.generation = Some(generation);
        let before = state.map(|state| {
            let mut before = testing::application("pi");
            let mut status = testing::status(state);
            status.submission_id = Some("old".to_owned());
            before.status = Some(status);
            before
        });
        Submitted { application, before }
    }

    #[test]
    fn an_application_that_ended_and_is_the_same_does_not_run() {
        assert!(submitted(Some("COMPLETED"), 1).is_settled());
        assert!(!submitted(Some("COMPLETED"), 2).is_settled());
        assert!(!submitted(Some("RUNNING"), 1).is_settled());
        assert!(!submitted(None, 1).is_settled());
    }

    #[test]
    fn only_a_change_makes_the_past_uninteresting() {
        assert_eq!(submitted(Some("RUNNING"), 1).baseline(), Baseline::default());
        let changed = Baseline { generation: Some(2), submission: Some("old".to_owned()) };
        assert_eq!(submitted(Some("COMPLETED"), 2).baseline(), changed);
        assert_eq!(submitted(None, 1).baseline(), Baseline { generation: Some(1), submission: None });
    }
}
