//! What the driver may do at the API server: scale its pool, and that only if the number of executors follows the load.
//! Spark's driver may do everything with pods, services, config maps and claims of its namespace.

use k8s_openapi::api::core::v1::{PodSpec, ServiceAccount};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};

use super::context::Context;
use super::fields::Role as PodRole;
use super::template::Template;

/// The account of the driver that the user named, in the field or in the template; `validate` refuses the settings that would
/// name one.
fn given_account(ctx: &Context<'_>) -> Option<String> {
    let by_field = ctx.fields(PodRole::Driver).service_account.map(str::to_owned);
    by_field.or_else(|| account_of(&Template::of(ctx, PodRole::Driver).spec).map(str::to_owned))
}

/// The account that a pod names, by the field or by the older one.
pub(super) fn account_of(spec: &PodSpec) -> Option<&str> {
    let names = [&spec.service_account_name, &spec.service_account];
    names.into_iter().flatten().map(String::as_str).find(|name| !name.is_empty())
}

/// An account for the driver, if it needs one and the user named none.
pub(super) fn build_account(ctx: &Context<'_>) -> Option<ServiceAccount> {
    let needed = ctx.is_dynamic() && given_account(ctx).is_none();
    needed.then(|| ServiceAccount {
        metadata: ctx.metadata(ctx.names.driver_account()),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    })
}

/// The right to scale the pool.
pub(super) fn build_role(ctx: &Context<'_>) -> Option<Role> {
    ctx.is_dynamic().then(|| Role {
        metadata: ctx.metadata(ctx.names.driver_account()),
        rules: Some(vec![PolicyRule {
            api_groups: Some(vec!["hearth.dev".to_owned()]),
            resources: Some(vec!["executorpools/scale".to_owned()]),
            resource_names: Some(vec![ctx.names.pool()]),
            verbs: vec!["get".to_owned(), "patch".to_owned()],
            ..PolicyRule::default()
        }]),
    })
}

/// Gives it to the driver's account.
pub(super) fn build_role_binding(ctx: &Context<'_>) -> Option<RoleBinding> {
    let account = || given_account(ctx).unwrap_or_else(|| ctx.names.driver_account());
    ctx.is_dynamic().then(|| RoleBinding {
        metadata: ctx.metadata(ctx.names.driver_account()),
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Role".to_owned(),
            name: ctx.names.driver_account(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: account(),
            namespace: Some(ctx.namespace.to_owned()),
            api_group: None,
        }]),
    })
}
