//! Does what was decided for an application.

use std::sync::Arc;

use hearth_crd::{ExecutorPool, SparkApplication};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Preconditions};
use serde_json::{Value, json};

use super::build::PodGroup;
use super::decision::Action;
use super::dereference::{pool, selector};
use super::leftovers::delete_pod_group;
use super::submit::{Submitted, delete_pool, submit};
use crate::api::{self, Result, request};
use crate::cache::Watched;
use crate::context::Context;
use crate::key::Key;
use crate::names::{INSTANCES_ANNOTATION, ROLE_LABEL};
use crate::pod_view::PodView;
use crate::pods::{self, Deletion};

/// Does one thing. Answers with what a submission came to.
pub async fn apply(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    action: &Action,
) -> Result<Option<Submitted>> {
    match action {
        Action::Submit(submission) => return submit(ctx, key, application, submission).await.map(Some),
        Action::DeleteDriver { uid, force } => {
            let pods = ctx.cache.get(key).pods;
            if let Some(driver) = pods.iter().find(|pod| pod.uid() == uid) {
                let deletion = if *force { Deletion::Forced } else { Deletion::Graceful };
                pods::delete(ctx, key, driver.name(), uid, deletion).await?;
            }
        }
        // The pool last: once it is gone, nothing tells any more that its pods were its own.
        Action::DeleteExecutors => {
            delete_executors(ctx, key).await?;
            if let Some(pool) = pool(application, &ctx.cache.get(key))? {
                delete_pool(ctx, key, &pool).await?;
            }
        }
        Action::DeletePodGroup => {
            if let Some(group) = PodGroup::of(application, &ctx.settings.build) {
                delete_pod_group(ctx, key, application, &group).await?;
            }
        }
        Action::DeleteServices => delete_services(ctx, key).await?,
        Action::ScalePool { instances } => {
            let patch = json!({
                "metadata": { "annotations": { INSTANCES_ANNOTATION: instances.to_string() } },
                "spec": { "replicas": instances },
            });
            patch_pool(ctx, key, &patch).await?;
        }
        Action::BoundPool { min, max } => {
            patch_pool(ctx, key, &json!({ "spec": { "minReplicas": min, "maxReplicas": max } })).await?;
        }
        Action::DeleteApplication => delete_application(ctx, key, application).await?,
    }
    Ok(None)
}

/// The garbage collector would leave them, as the application is their owner too. One request for all of them, unless there are
/// others that look the same.
async fn delete_executors(ctx: &Context, key: &Key) -> Result<()> {
    let pods = ctx.cache.get(key).pods;
    let executors: Vec<_> = pods
        .iter()
        .filter(|pod| pod.label(ROLE_LABEL) == Some("executor") && !pod.is_terminating())
        .collect();
    // The garbage collector takes the name of a pool that is gone from its pods.
    let is_ours = |pod: &&&Arc<PodView>| {
        pod.controller().map_or_else(
            || pod.executor_number().is_some(),
            |owner| owner.kind == "ExecutorPool" && owner.name == key.name(),
        )
    };
    let ours: Vec<_> = executors.iter().filter(is_ours).collect();
    if ours.len() < executors.len() || ours.len() == 1 {
        for pod in ours {
            pods::delete(ctx, key, pod.name(), pod.uid(), Deletion::Graceful).await?;
        }
    } else if !ours.is_empty() {
        pods::delete_executors(ctx, key).await?;
    }
    Ok(())
}

/// One request for all services, and one for all ingresses, also for those that the spec does not want any more.
async fn delete_services(ctx: &Context, key: &Key) -> Result<()> {
    let (params, list) = (DeleteParams::background(), ListParams::default().labels(&selector(key)));
    let services: Api<Service> = Api::namespaced(ctx.client.clone(), key.namespace());
    request(|| "delete services".to_owned(), services.delete_collection(&params, &list)).await?;
    let ingresses: Api<Ingress> = Api::namespaced(ctx.client.clone(), key.namespace());
    request(|| "delete ingresses".to_owned(), ingresses.delete_collection(&params, &list)).await.map(drop)
}

async fn patch_pool(ctx: &Context, key: &Key, patch: &Value) -> Result<()> {
    let api: Api<ExecutorPool> = Api::namespaced(ctx.client.clone(), key.namespace());
    match api::merge(&api, key.name(), patch).await {
        Ok(pool) => ctx.cache.wrote_pool(Watched::of(&pool)?),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Only as it was seen: an edit may have given it more time, or another run.
async fn delete_application(ctx: &Context, key: &Key, application: &SparkApplication) -> Result<()> {
    let api: Api<SparkApplication> = Api::namespaced(ctx.client.clone(), key.namespace());
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: application.metadata.uid.clone(),
            resource_version: application.metadata.resource_version.clone(),
        }),
        ..DeleteParams::background()
    };
    match request(|| format!("delete sparkapplication {}", key.name()), api.delete(key.name(), &params)).await
    {
        Ok(_) => Ok(()),
        Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
        Err(error) => Err(error),
    }
}
