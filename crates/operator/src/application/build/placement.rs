//! Where a pod runs, with what network and for how long it may end: everything of a pod that is not its containers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSpec};

use super::batch::BatchScheduler;
use super::context::Context;
use super::fields::{PodFields, Role};
use super::labels::owned;
use super::rights::account_of;

/// The seconds that an executor has to finish its tasks.
const EXECUTOR_GRACE_SECONDS: i64 = 30;

/// Lays the fields over the spec of the template.
pub(super) fn place(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>, spec: &mut PodSpec) {
    spec.restart_policy = Some("Never".to_owned());
    // A namespace with thousands of applications has as many services: their variables would fill the environment.
    spec.enable_service_links.get_or_insert(false);

    nodes(ctx, role, fields, spec);
    scheduling(ctx, role, fields, spec);
    network(fields, spec);
    account(ctx, role, fields, spec);
    pull_secrets(ctx, spec);

    if let Some(share) = fields.share_process_namespace {
        spec.share_process_namespace = Some(share);
    }
    spec.termination_grace_period_seconds = grace_seconds(ctx, role, fields, spec);
}

/// The time that a pod has to end, in seconds; for executors, which finish their tasks in it, always said.
pub(super) fn grace_seconds(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    template: &PodSpec,
) -> Option<i64> {
    let by_key =
        ctx.role_setting(role, "terminationGracePeriodSeconds").and_then(|seconds| seconds.parse().ok());
    let given =
        fields.termination_grace_period_seconds.or(by_key).or(template.termination_grace_period_seconds);
    match role {
        Role::Driver => given,
        Role::Executor => given.or(Some(EXECUTOR_GRACE_SECONDS)),
    }
}

fn nodes(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>, spec: &mut PodSpec) {
    let mut selector: BTreeMap<_, _> = spec.node_selector.take().unwrap_or_default();
    selector.extend(owned(ctx.settings_below("spark.kubernetes.node.selector.")));
    selector.extend(owned(ctx.settings_below(&format!("spark.kubernetes.{}.node.selector.", role.as_str()))));
    selector.extend(ctx.spec.node_selector.clone().unwrap_or_default());
    selector.extend(fields.node_selector.cloned().unwrap_or_default());
    spec.node_selector = Some(selector).filter(|selector| !selector.is_empty());

    if let Some(affinity) = fields.affinity {
        spec.affinity = Some(affinity.clone());
    }
    spec.tolerations.get_or_insert_default().extend_from_slice(fields.tolerations);
    spec.tolerations = spec.tolerations.take().filter(|tolerations| !tolerations.is_empty());
}

fn scheduling(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>, spec: &mut PodSpec) {
    let by_key =
        ctx.role_setting(role, "scheduler.name").or_else(|| ctx.setting("spark.kubernetes.scheduler.name"));
    let batch = BatchScheduler::of(ctx);
    let name = batch.as_ref().map(BatchScheduler::name).or(fields.scheduler_name).or(by_key);
    if let Some(name) = name {
        spec.scheduler_name = Some(name.to_owned());
    }
    if let Some(class) = fields.priority_class_name {
        spec.priority_class_name = Some(class.to_owned());
        // The class decides; a number from the template would contradict it.
        spec.priority = None;
    }
}

fn network(fields: &PodFields<'_>, spec: &mut PodSpec) {
    if let Some(host_network) = fields.host_network {
        spec.host_network = Some(host_network);
        if host_network {
            spec.dns_policy = Some("ClusterFirstWithHostNet".to_owned());
        }
    }
    if let Some(config) = fields.dns_config {
        spec.dns_config = Some(config.clone());
    }
    spec.host_aliases.get_or_insert_default().extend_from_slice(fields.host_aliases);
    spec.host_aliases = spec.host_aliases.take().filter(|aliases| !aliases.is_empty());
}

/// A pod has a token for the API server if its driver scales the pool, or if somebody named an account.
fn account(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>, spec: &mut PodSpec) {
    let given = fields.service_account.or_else(|| account_of(spec)).map(str::to_owned);
    let is_named = given.is_some();
    let scales = role == Role::Driver && ctx.is_dynamic();
    spec.service_account_name = given.or_else(|| scales.then(|| ctx.names.driver_account()));
    spec.service_account = None;
    if scales {
        spec.automount_service_account_token = Some(true);
    } else if !is_named {
        spec.automount_service_account_token.get_or_insert(false);
    }
}

fn pull_secrets(ctx: &Context<'_>, spec: &mut PodSpec) {
    let by_key = ctx.setting("spark.kubernetes.container.image.pullSecrets").unwrap_or_default();
    let by_key = by_key.split(',').map(str::trim);
    let by_field = ctx.spec.image_pull_secrets.iter().flatten().map(String::as_str);
    let secrets = spec.image_pull_secrets.get_or_insert_default();
    for name in by_key.chain(by_field).filter(|name| !name.is_empty()) {
        if secrets.iter().all(|secret| secret.name != name) {
            secrets.push(LocalObjectReference { name: name.to_owned() });
        }
    }
    spec.image_pull_secrets = spec.image_pull_secrets.take().filter(|secrets| !secrets.is_empty());
}
