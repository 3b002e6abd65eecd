//! Reads what an application refers to: its own objects, from the cache.

use std::sync::Arc;

use hearth_crd::{ApplicationStateType, ExecutorPool, FieldError, FieldPath, SparkApplication};
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use super::build::PodGroup;
use super::mounts;
use super::observed::{Limits, Observed, driver_pod_name};
use crate::api::{Result, request};
use crate::cache::{Object, Snapshot};
use crate::context::Context;
use crate::key::Key;
use crate::names::{APP_NAME_LABEL, CREATED_BY_LABEL, ROLE_LABEL};

/// An application, parsed as far as that goes.
#[derive(Debug)]
pub struct Parsed {
    /// The application. What does not parse in its spec has been replaced by nothing.
    pub application: SparkApplication,
    /// What does not parse.
    pub problems: Vec<FieldError>,
}

/// Parses an application that the API server accepted. Its schema is not as strict as our types: a number may be too large.
pub fn parse(object: &Object) -> Result<Parsed> {
    if let Ok(application) = object.parse() {
        return Ok(Parsed { application, problems: Vec::new() });
    }
    let mut value: Value = object.parse()?;
    let status = value.get("status").cloned();
    if status
        .is_some_and(|status| serde_json::from_value::<hearth_crd::SparkApplicationStatus>(status).is_err())
        && let Some(object) = value.as_object_mut()
    {
        // Somebody else wrote it, and it means nothing to us.
        object.remove("status");
    }
    match serde_json::from_value(value.clone()) {
        Ok(application) => Ok(Parsed { application, problems: Vec::new() }),
        Err(error) => {
            let problem = FieldError::new(FieldPath::of(["spec"]), error.to_string());
            if let Some(object) = value.as_object_mut() {
                object.insert("spec".to_owned(), nothing());
            }
            let application = serde_json::from_value(value).map_err(crate::cache::ParseError::from)?;
            Ok(Parsed { application, problems: vec![problem] })
        }
    }
}

/// The least that parses as a spec.
fn nothing() -> Value {
    json!({ "type": "Rust", "sparkVersion": "", "mainApplicationFile": "", "driver": {}, "executor": {} })
}

/// What there is of an application.
pub async fn dereference(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    snapshot: &Snapshot,
) -> Result<Observed> {
    let executors = snapshot.pods.iter().filter(|pod| pod.label(ROLE_LABEL) == Some("executor"));
    Ok(Observed {
        driver: driver(application, snapshot),
        ended_driver: snapshot.ended_driver.clone(),
        executors: executors.cloned().collect(),
        pool: pool(application, snapshot)?.map(Arc::new),
        services_gone: services_gone(ctx, key, application).await?,
        has_pod_group: PodGroup::of(application, &ctx.settings.build).is_some(),
        missing: mounts::missing(ctx, key, &snapshot.pods).await?,
        limits: Limits {
            creation_grace: ctx.settings.driver_pod_creation_grace_period,
            default_time_to_live: ctx.settings.default_time_to_live,
            max_tracked_executors: ctx.settings.max_tracked_executors,
        },
    })
}

/// The pool, if it is this application's.
pub fn pool(application: &SparkApplication, snapshot: &Snapshot) -> Result<Option<ExecutorPool>> {
    let Some(pool) = &snapshot.pool else { return Ok(None) };
    let pool: ExecutorPool = pool.parse()?;
    let uid = application.metadata.uid.as_deref().unwrap_or_default();
    let is_ours = pool.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid);
    Ok(is_ours.then_some(pool))
}

/// The pod with the name of the driver: as it was called when it was made, or as it would be called now.
fn driver(application: &SparkApplication, snapshot: &Snapshot) -> Option<Arc<crate::pod_view::PodView>> {
    let made = application.status.as_ref().and_then(|status| status.driver_info.pod_name.as_deref());
    let wanted = driver_pod_name(application);
    let named = |name: &str| snapshot.pods.iter().find(|pod| pod.name() == name).cloned();
    made.and_then(named).or_else(|| named(&wanted))
}

/// Asked for only in the states whose decision depends on it.
async fn services_gone(ctx: &Context, key: &Key, application: &SparkApplication) -> Result<bool> {
    let state = application.status.as_ref().and_then(|status| status.application_state.as_ref());
    let matters = matches!(
        state.map(|state| state.state),
        Some(ApplicationStateType::Invalidating | ApplicationStateType::Suspending)
    );
    if !matters {
        return Ok(true);
    }
    let params = ListParams::default().labels(&selector(key)).limit(1);
    let services: Api<Service> = Api::namespaced(ctx.client.clone(), key.namespace());
    if !request(|| "list services".to_owned(), services.list_metadata(&params)).await?.items.is_empty() {
        return Ok(false);
    }
    // Also those that the spec wanted before it was edited.
    let ingresses: Api<Ingress> = Api::namespaced(ctx.client.clone(), key.namespace());
    Ok(request(|| "list ingresses".to_owned(), ingresses.list_metadata(&params)).await?.items.is_empty())
}

/// What selects the services and ingresses of an application.
pub fn selector(key: &Key) -> String {
    format!("{APP_NAME_LABEL}={},{CREATED_BY_LABEL}=true", key.name())
}
