//! A pod of an application: the template, the fields over it, and what the operator relies on.

use std::collections::BTreeMap;

use hearth_types::pod::{GRACE_PERIOD, LOCAL_DIRS, TERMINATION_LOG_VARIABLE};
use k8s_openapi::api::core::v1::{Container, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::batch::{gang_annotations, gang_labels};
use super::container::{ContainerParts, build_container};
use super::context::Context;
use super::env::plain;
use super::fields::Role;
use super::labels::{pod_annotations, pod_labels};
use super::monitoring::scrape_annotations;
use super::placement::{grace_seconds, place};
use super::security::build_pod_security;
use super::template::Template;
use super::volumes::Volumes;

/// What tells one pod from another of its role.
#[derive(Debug)]
pub(super) struct PodParts {
    pub(super) name: String,
    pub(super) owners: Vec<OwnerReference>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) container: ContainerParts,
}

/// Builds the pod. The container of the role is the first: clients look at the state of the first.
pub(super) fn build_pod(ctx: &Context<'_>, role: Role, parts: PodParts) -> Pod {
    let fields = ctx.fields(role);
    let template = Template::of(ctx, role);
    let (mut spec, mut main) = (template.spec, template.container);

    let base = (spec.volumes.take().unwrap_or_default(), main.volume_mounts.take().unwrap_or_default());
    let mut volumes = Volumes::of(ctx, role, &fields, base);
    let sidecars = over(template.others, fields.sidecars);
    let init = over(spec.init_containers.take().unwrap_or_default(), fields.init_containers);
    volumes.add_used(ctx, &[&sidecars, &init]);

    let security = build_pod_security(spec.security_context.take(), fields.pod_security_context);
    let mut container_parts = parts.container;
    container_parts.env.push(plain(LOCAL_DIRS, volumes.local_dirs.as_str()));
    if let (Role::Executor, Some(seconds)) = (role, grace_seconds(ctx, role, &fields, &spec)) {
        container_parts.env.push(plain(GRACE_PERIOD, seconds.to_string()));
    }
    if let Some(path) = &main.termination_message_path {
        container_parts.env.push(plain(TERMINATION_LOG_VARIABLE, path.as_str()));
    }
    let container = build_container(ctx, role, &fields, &security, &volumes, main, container_parts);

    spec.security_context = Some(security);
    spec.containers = std::iter::once(container).chain(sidecars).collect();
    spec.init_containers = Some(init).filter(|init| !init.is_empty());
    spec.volumes = Some(volumes.volumes);
    place(ctx, role, &fields, &mut spec);

    let mut labels = pod_labels(ctx, role, &fields, template.labels);
    labels.extend(gang_labels(ctx));
    labels.extend(parts.labels);
    let mut annotations = template.annotations.unwrap_or_default();
    annotations.extend(scrape_annotations(ctx, role));
    annotations = pod_annotations(ctx, role, &fields, Some(annotations));
    annotations.extend(gang_annotations(ctx, role));
    annotations.extend(parts.annotations);
    Pod {
        metadata: ObjectMeta {
            name: Some(parts.name),
            namespace: Some(ctx.namespace.to_owned()),
            labels: Some(labels),
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            owner_references: Some(parts.owners),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    }
}

/// Containers of a template with those of a field, which replace those of the same name.
fn over(template: Vec<Container>, field: &[Container]) -> Vec<Container> {
    let kept =
        template.into_iter().filter(|container| field.iter().all(|other| other.name != container.name));
    kept.chain(field.iter().cloned()).collect()
}
