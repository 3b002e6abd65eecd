//! Makes executors, and tells the driver of those that ended.

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use hearth_crd::{ExecutorPool, SparkApplication};
use hearth_types::pod::{ExecutorReport, REPORTS_ANNOTATION};
use kube::Api;
use serde_json::json;

use crate::api::{self, Error, Owner, Ownership, Result};
use crate::application::build::executor_pod;
use crate::application::decision::SubmitFailure;
use crate::application::submission::Submission;
use crate::context::Context;
use crate::key::Key;
use crate::names::{ROLE_LABEL, SUBMISSION_ID_LABEL};
use crate::pod_view::{Phase, PodView};
use crate::pods;

/// How many executors of one application are made at once.
const AT_ONCE: usize = 16;

/// Makes the executors with these numbers. Answers with why the API server refuses one; then the others are not made either.
pub(super) async fn create_executors(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
    pool: &ExecutorPool,
    numbers: &[u32],
) -> Result<Option<SubmitFailure>> {
    let made = stream::iter(numbers.iter().copied())
        .map(|number| create_executor(ctx, key, application, submission, pool, number))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await;
    match made {
        Ok(()) => Ok(None),
        Err(error) if error.is_missing_account() => Err(error),
        Err(error) => error.refusal().map_or(Err(error), |failure| Ok(Some(failure))),
    }
}

async fn create_executor(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    submission: &Submission,
    pool: &ExecutorPool,
    number: u32,
) -> Result<()> {
    let pod = executor_pod(application, submission, pool, number, &ctx.settings.build);
    if pods::create(ctx, key, &pod).await?.is_some() {
        return Ok(());
    }
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let Some(found) = pods::get(ctx, key, name).await? else { return Err(pods::being_deleted(name)) };
    let uid = pool.metadata.uid.as_deref().unwrap_or_default();
    let owner = Owner { kind: "ExecutorPool", name: key.name(), uid };
    match owner.of(&found.metadata) {
        Ownership::Ours if found.label(SUBMISSION_ID_LABEL) == Some(submission.id.as_str()) => {
            ctx.cache.wrote_pod(found);
            Ok(())
        }
        Ownership::Ours | Ownership::Leaving => Err(pods::being_deleted(name)),
        Ownership::Foreign => Err(Error::Foreign { object: format!("pod {name}") }),
    }
}

/// Writes the reports into the annotation of the driver's pod that the driver reads as a file; only while it runs, and if they are new.
pub(super) async fn tell_driver(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    pods: &[Arc<PodView>],
    reports: &[ExecutorReport],
) -> Result<()> {
    if reports.is_empty() {
        return Ok(());
    }
    let submission = application.status.as_ref().and_then(|status| status.submission_id.as_deref());
    let is_listening = |pod: &&Arc<PodView>| {
        pod.label(ROLE_LABEL) == Some("driver")
            && pod.label(SUBMISSION_ID_LABEL) == submission
            && pod.phase() == Phase::Running
            && !pod.is_terminating()
            && pod.terminated().is_none()
    };
    let Some(driver) = pods.iter().find(is_listening) else { return Ok(()) };
    let text = serde_json::to_string(reports).map_err(crate::cache::ParseError::from)?;
    if driver.annotation(REPORTS_ANNOTATION) == Some(text.as_str()) {
        return Ok(());
    }
    let api: Api<PodView> = Api::namespaced(ctx.client.clone(), key.namespace());
    // The uid makes it fail if another driver has the name now.
    let patch = json!({ "metadata": { "uid": driver.uid(), "annotations": { REPORTS_ANNOTATION: text } } });
    match api::merge(&api, driver.name(), &patch).await {
        Ok(pod) => ctx.cache.wrote_pod(pod),
        Err(error) if error.is_not_found() || error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
