//! The container of a role.

use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, PodSecurityContext};

use super::context::Context;
use super::env::{build_env, build_env_from};
use super::fields::{PodFields, Role, text};
use super::monitoring::exporter_port;
use super::resources::build_resources;
use super::security::build_container_security;
use super::volumes::Volumes;

/// What of a container follows from more than the fields.
#[derive(Debug, Default)]
pub(super) struct ContainerParts {
    /// The arguments of the program.
    pub(super) args: Option<Vec<String>>,
    /// The variables that nothing replaces.
    pub(super) env: Vec<EnvVar>,
    /// The variables that the user may replace.
    pub(super) default_env: Vec<EnvVar>,
    /// The ports that are always open, by name.
    pub(super) ports: Vec<(&'static str, i32)>,
}

/// Builds the container over that of the template. Its name is always ours: clients follow it by that name.
pub(super) fn build_container(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    pod_security: &PodSecurityContext,
    volumes: &Volumes,
    template: Container,
    parts: ContainerParts,
) -> Container {
    let mut default_env = parts.default_env;
    default_env.extend(volumes.env.iter().cloned());
    let pull_policy = text(&ctx.spec.image_pull_policy)
        .or_else(|| ctx.setting("spark.kubernetes.container.image.pullPolicy"))
        .map(str::to_owned)
        .or(template.image_pull_policy);
    Container {
        name: role.container().to_owned(),
        image: image(ctx, role, fields).or(template.image).or_else(|| ctx.settings.default_image.clone()),
        image_pull_policy: Some(pull_policy.unwrap_or_else(|| "IfNotPresent".to_owned())),
        command: Some(vec![program(&ctx.spec.main_application_file)]),
        args: parts.args,
        env: Some(build_env(ctx, role, fields, parts.env, default_env, template.env)),
        env_from: build_env_from(fields, template.env_from),
        ports: Some(build_ports(ctx, role, fields, &parts.ports, template.ports)),
        resources: Some(build_resources(ctx, role, fields, template.resources)),
        security_context: Some(build_container_security(
            template.security_context,
            fields.security_context,
            pod_security,
        )),
        volume_mounts: Some(volumes.mounts.clone()),
        lifecycle: fields.lifecycle.cloned().or(template.lifecycle),
        termination_message_policy: Some(
            template.termination_message_policy.unwrap_or_else(|| "FallbackToLogsOnError".to_owned()),
        ),
        ..template
    }
}

/// The image that the manifest names for this role or for both.
fn image(ctx: &Context<'_>, role: Role, fields: &PodFields<'_>) -> Option<String> {
    fields
        .image
        .or_else(|| ctx.role_setting(role, "container.image"))
        .or_else(|| text(&ctx.spec.image))
        .or_else(|| ctx.setting("spark.kubernetes.container.image"))
        .map(str::to_owned)
}

/// The path of the program in the image. Driver and executors run the same one; types of applications whose program is not
/// a binary are refused before.
fn program(main_application_file: &str) -> String {
    let file = main_application_file.trim();
    let path = file.strip_prefix("local://").or_else(|| file.strip_prefix("file://"));
    path.or_else(|| file.strip_prefix("file:"))
        .or_else(|| file.strip_prefix("local:"))
        .unwrap_or(file)
        .to_owned()
}

/// Ours, the template's, the exporter's and those of the fields; of two with one name or one number the later counts.
fn build_ports(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    ours: &[(&'static str, i32)],
    template: Option<Vec<ContainerPort>>,
) -> Vec<ContainerPort> {
    let tcp = |name: &str, port: i32| ContainerPort {
        name: Some(name.to_owned()),
        container_port: port,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    };
    let ours = ours.iter().map(|(name, port)| tcp(name, *port));
    let exporter = exporter_port(ctx, role).map(|(name, port)| tcp(name, port));
    let declared = fields.ports.iter().map(|port| ContainerPort {
        name: Some(port.name.clone()).filter(|name| !name.is_empty()),
        container_port: port.container_port,
        protocol: Some(port.protocol.clone()).filter(|protocol| !protocol.is_empty()),
        ..ContainerPort::default()
    });
    let mut ports: Vec<ContainerPort> = Vec::new();
    for port in ours.chain(template.into_iter().flatten()).chain(exporter).chain(declared) {
        ports.retain(|other| {
            let same_name = other.name.is_some() && other.name == port.name;
            let same_number =
                other.container_port == port.container_port && protocol(other) == protocol(&port);
            !same_name && !same_number
        });
        ports.push(port);
    }
    ports
}

fn protocol(port: &ContainerPort) -> &str {
    port.protocol.as_deref().unwrap_or("TCP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_path_in_the_image() {
        for file in ["local:///opt/pi", "file:///opt/pi", "/opt/pi", "file:/opt/pi", " local:/opt/pi "] {
            assert_eq!(program(file), "/opt/pi", "{file}");
        }
    }
}
