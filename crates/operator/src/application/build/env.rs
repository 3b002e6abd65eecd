//! Environment variables of a pod's container.

use hearth_types::pod;
use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{
    EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, SecretKeySelector,
};

use super::context::Context;
use super::fields::{PodFields, Role, text};

/// A variable with a plain value.
pub(super) fn plain(name: &str, value: impl Into<String>) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.into()), value_from: None }
}

/// A variable that Kubernetes fills in from a field of the pod.
pub(super) fn from_pod(name: &str, field: &str) -> EnvVar {
    let selector = ObjectFieldSelector { api_version: Some("v1".to_owned()), field_path: field.to_owned() };
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource { field_ref: Some(selector), ..EnvVarSource::default() }),
    }
}

fn from_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret.to_owned(), key: key.to_owned(), optional: None };
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() }),
    }
}

/// What both roles rely on.
pub(super) fn common(ctx: &Context<'_>) -> Vec<EnvVar> {
    vec![
        from_pod(pod::POD_IP, "status.podIP"),
        plain(pod::NAMESPACE, ctx.namespace),
        plain(pod::DRIVER_EPOCH, ctx.submission.driver_epoch.to_string()),
        plain("SPARK_APPLICATION_ID", ctx.submission.spark_application_id.as_str()),
    ]
}

/// All variables of a container: `required`, which nothing replaces; then those of `defaults` and the user's, of which a
/// later one replaces an earlier one. A variable may refer to those before it.
pub(super) fn build_env(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    required: Vec<EnvVar>,
    defaults: Vec<EnvVar>,
    template: Option<Vec<EnvVar>>,
) -> Vec<EnvVar> {
    let user_name = text(&ctx.spec.proxy_user).unwrap_or("spark");
    let mut users: IndexMap<String, EnvVar> = IndexMap::new();
    let all = [plain("SPARK_USER", user_name)]
        .into_iter()
        .chain(defaults)
        .chain(template.unwrap_or_default())
        .chain(from_conf(ctx, role, fields))
        .chain(fields.env.iter().cloned());
    for variable in all {
        // To the end, so that it comes after what it may refer to.
        users.shift_remove(&variable.name);
        users.insert(variable.name.clone(), variable);
    }
    users.retain(|name, _| required.iter().all(|ours| ours.name != *name));
    required.into_iter().chain(users.into_values()).collect()
}

/// From `sparkConf`, `envVars` and `envSecretKeyRefs`.
fn from_conf(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>) -> Vec<EnvVar> {
    let prefix = match role {
        Role::Driver => "spark.kubernetes.driverEnv.",
        // Those of the fields are among them.
        Role::Executor => "spark.executorEnv.",
    };
    let mut variables: Vec<_> = ctx.settings_below(prefix).map(|(name, value)| plain(name, value)).collect();
    let by_name = fields.env_vars.into_iter().flatten();
    variables.extend(by_name.map(|(name, value)| plain(name, value.as_str())));

    let secrets = ctx.settings_below(match role {
        Role::Driver => "spark.kubernetes.driver.secretKeyRef.",
        Role::Executor => "spark.kubernetes.executor.secretKeyRef.",
    });
    variables.extend(secrets.filter_map(|(name, place)| {
        let (secret, key) = place.split_once(':')?;
        Some(from_secret(name, secret.trim(), key.trim()))
    }));
    let secrets = fields.env_secret_key_refs.into_iter().flatten();
    variables.extend(secrets.map(|(name, place)| from_secret(name, &place.name, &place.key)));
    variables
}

/// Config maps and secrets all of whose keys become variables.
pub(super) fn build_env_from(
    fields: &PodFields<'_>,
    template: Option<Vec<EnvFromSource>>,
) -> Option<Vec<EnvFromSource>> {
    let sources: Vec<_> = template.into_iter().flatten().chain(fields.env_from.iter().cloned()).collect();
    Some(sources).filter(|sources| !sources.is_empty())
}
