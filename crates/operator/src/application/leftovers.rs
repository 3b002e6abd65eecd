//! Removes what an earlier spec of an application wanted and the one of now does not.
//!
//! Everything belongs to the application and goes with it, but an application that is edited stays: a disruption budget that is not
//! wanted any more would keep its node from being drained. Services and ingresses go before each run under another spec.

use std::fmt::Debug;

use futures::future::{BoxFuture, FutureExt, try_join_all};
use hearth_crd::SparkApplication;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{DynamicObject, TypeMeta};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

use super::build::{ApplicationObjects, PodGroup};
use crate::api::{Owner, Result, remove};
use crate::context::Context;
use crate::key::Key;
use crate::names::Names;

/// Deletes what is not among `objects` and was made for an earlier spec.
pub(super) async fn delete_unwanted(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    objects: &ApplicationObjects,
) -> Result<()> {
    let names = Names::of(key.name());
    let removing = Removing { ctx, key, owner: Owner::of_application(key, application) };
    let mut all: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
    if objects.disruption_budget.is_none() {
        all.push(removing.remove::<PodDisruptionBudget>(names.driver_disruption_budget()));
    }
    if objects.role_binding.is_none() {
        all.push(removing.remove::<RoleBinding>(names.driver_account()));
    }
    if objects.role.is_none() {
        all.push(removing.remove::<Role>(names.driver_account()));
    }
    if objects.account.is_none() {
        all.push(removing.remove::<ServiceAccount>(names.driver_account()));
    }
    if objects.network_policy.is_none() {
        all.push(removing.remove::<NetworkPolicy>(names.network_policy()));
    }
    if objects.config_maps.is_empty() {
        all.push(removing.remove::<ConfigMap>(names.prometheus_config()));
    }
    let wanted = PodGroup::of(application, &ctx.settings.build);
    for group in PodGroup::all(key.name()) {
        if wanted.as_ref() != Some(&group) {
            all.push(async move { delete_pod_group(ctx, key, application, &group).await }.boxed());
        }
    }
    try_join_all(all).await.map(drop)
}

/// Deletes a group of pods, if it is this application's.
pub(super) async fn delete_pod_group(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    group: &PodGroup,
) -> Result<()> {
    let Some(resource) = resource_of(&group.types()) else { return Ok(()) };
    let api: Api<DynamicObject> = Api::namespaced_with(ctx.client.clone(), key.namespace(), &resource);
    match remove(&api, group.name(), Owner::of_application(key, application), &resource).await {
        // There is no such scheduler, or the operator was not told of it and made no group for it.
        Err(error) if error.refusal().is_some() => Ok(()),
        removed => removed,
    }
}

/// A kind that is not known here.
pub(super) fn resource_of(types: &TypeMeta) -> Option<ApiResource> {
    GroupVersionKind::try_from(types).ok().map(|kind| ApiResource::from_gvk(&kind))
}

#[derive(Clone, Copy)]
struct Removing<'a> {
    ctx: &'a Context,
    key: &'a Key,
    owner: Owner<'a>,
}

impl<'a> Removing<'a> {
    fn remove<K>(self, name: String) -> BoxFuture<'a, Result<()>>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static,
    {
        let api: Api<K> = Api::namespaced(self.ctx.client.clone(), self.key.namespace());
        async move { remove(&api, &name, self.owner, &()).await }.boxed()
    }
}
