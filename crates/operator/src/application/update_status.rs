//! Writes the status of an application.

use hearth_crd::{ApplicationStateType, SparkApplication, SparkApplicationStatus};
use jiff::Timestamp;
use kube::Resource;
use kube::api::PostParams;
use serde_json::json;
use tracing::info;

use crate::api::{Error, Result, request};
use crate::cache::Watched;
use crate::context::Context;
use crate::key::Key;
use crate::metrics::Transition;
use crate::names::FIELD_MANAGER;

/// Writes `status`, unless somebody has changed the application since `application` was read.
pub async fn update_status(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    status: &SparkApplicationStatus,
) -> Result<()> {
    // Everything but the status and the version is ignored by the API server.
    let body = json!({
        "apiVersion": SparkApplication::api_version(&()),
        "kind": SparkApplication::kind(&()),
        "metadata": {
            "name": key.name(),
            "namespace": key.namespace(),
            "uid": application.metadata.uid,
            "resourceVersion": application.metadata.resource_version,
        },
        "spec": application.spec,
        "status": status,
    });
    let url = SparkApplication::url_path(&(), Some(key.namespace()));
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let send = async {
        let body = serde_json::to_vec(&body).map_err(kube::Error::SerdeError)?;
        let replace = kube::core::Request::new(url).replace_subresource("status", key.name(), &params, body);
        ctx.client.request::<Watched<SparkApplication>>(replace.map_err(kube::Error::BuildRequest)?).await
    };
    match request(|| format!("write the status of sparkapplication {}", key.name()), send).await {
        Ok(written) => {
            count(ctx, key, application, status);
            tell(application.status.as_ref(), status);
            ctx.cache.wrote_application(written, &ctx.metrics.applications);
            Ok(())
        }
        Err(error) if error.is_conflict() => {
            Err(Error::Conflict { object: format!("sparkapplication {}", key.name()) })
        }
        Err(error) => Err(error),
    }
}

fn tell(before: Option<&SparkApplicationStatus>, after: &SparkApplicationStatus) {
    let state = |status: &SparkApplicationStatus| status.application_state.as_ref().map(|state| state.state);
    let (from, to) = (before.and_then(state), state(after));
    if from != to {
        let error = after.application_state.as_ref().and_then(|state| state.error_message.as_deref());
        info!(
            from = name(from),
            to = name(to),
            submission = after.submission_id,
            error,
            "the application has a new state"
        );
    }
}

/// The state as it is written.
fn name(state: Option<ApplicationStateType>) -> String {
    let text = state.and_then(|state| serde_json::to_value(state).ok());
    text.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
}

fn count(ctx: &Context, key: &Key, application: &SparkApplication, status: &SparkApplicationStatus) {
    let metadata = &application.metadata;
    let label = |name: &str| metadata.labels.as_ref()?.get(name).map(String::as_str);
    let metrics = &ctx.metrics.applications;
    metrics.transition(&Transition {
        labels: &metrics.label_values(key.namespace(), label),
        created: metadata.creation_timestamp.as_ref().map(|time| time.0),
        before: application.status.as_ref(),
        after: status,
        now: Timestamp::now(),
    });
}
