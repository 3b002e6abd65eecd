//! Kinds that exist, and whose controllers come next: their status says so, instead of nothing.

use std::fmt::Debug;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::Value;
use tracing::{debug, warn};

use crate::api::request;
use crate::cache::Watched;
use crate::settings::Scope;

/// Writes the status that `status` gives for a generation into every object of kind `K` that has no status of that generation.
pub(crate) async fn run<K>(
    client: Client,
    scope: Scope,
    status: fn(i64, Condition) -> Value,
    sentence: &'static str,
) where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + 'static,
{
    let apis = scope.watched().into_iter().map(|namespace| -> Api<Watched<K>> {
        match namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        }
    });
    let watches =
        apis.map(|api| watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed());
    let mut objects = futures::stream::select_all(watches);
    while let Some(object) = objects.next().await {
        match object {
            Ok(object) => tell(&client, &object, status, sentence).await,
            // A cluster without this kind is served as well.
            Err(error) => debug!(kind = %K::kind(&()), %error, "a watch broke off and is begun again"),
        }
    }
}

async fn tell<K>(client: &Client, object: &Watched<K>, status: fn(i64, Condition) -> Value, sentence: &str)
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    Watched<K>: Debug,
{
    let generation = object.meta().generation.unwrap_or(1);
    if object.status().and_then(|status| status.get("observedGeneration")) == Some(&Value::from(generation)) {
        return;
    }
    let condition = Condition {
        type_: "Ready".to_owned(),
        status: "False".to_owned(),
        reason: "Unsupported".to_owned(),
        message: sentence.to_owned(),
        last_transition_time: Time(Timestamp::now()),
        observed_generation: Some(generation),
    };
    let patch = serde_json::json!({ "status": status(generation, condition) });
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let api: Api<Watched<K>> = Api::namespaced(client.clone(), &namespace);
    let params =
        PatchParams { field_manager: Some(crate::names::FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    let action = || format!("write the status of {} {name}", K::plural(&()));
    if let Err(error) = request(action, api.patch_status(&name, &params, &Patch::Merge(&patch))).await {
        warn!(namespace, name, error = %hearth_types::error_chain(&error), "an object stays without a status");
    }
}
