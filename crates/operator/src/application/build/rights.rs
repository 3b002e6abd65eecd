//! What the driver may do at the API server: scale its pool, and that only if the number of executors follows the load.
//! Spark's driver may do everything with pods, services, config maps and claims of its namespace.

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};

use super::context::Context;
use super::fields::Role as PodRole;

/// The account that the user named; `validate` refuses the settings that would name one.
pub(super) fn given_account<'a>(ctx: &'a Context<'_>, role: PodRole) -> Option<&'a str> {
    ctx.fields(role).service_account
}

/// An account for the driver, if it needs one and the user named none.
pub(super) fn build_account(ctx: &Context<'_>) -> Option<ServiceAccount> {
    let needed = ctx.is_dynamic() && given_account(ctx, PodRole::Driver).is_none();
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
    let account =
        given_account(ctx, PodRole::Driver).map_or_else(|| ctx.names.driver_account(), str::to_owned);
    ctx.is_dynamic().then(|| RoleBinding {
        metadata: ctx.metadata(ctx.names.driver_account()),
        role_ref: RoleRef {
            api_group: Some("rbac.authorization.k8s.io".to_owned()),
            kind: "Role".to_owned(),
            name: ctx.names.driver_account(),
        },
        subjects: Some(vec![Subject {
            kind: "ServiceAccount".to_owned(),
            name: account,
            namespace: Some(ctx.namespace.to_owned()),
            api_group: None,
        }]),
    })
}
