//! The pod template of a role: the base that the fields are laid over. Spark: `KubernetesUtils.loadPodFromTemplate`.

use std::collections::BTreeMap;

use hearth_crd::pod_template;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::context::Context;
use super::fields::Role;

/// A template in parts.
#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) labels: Option<BTreeMap<String, String>>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
    /// The spec without containers.
    pub(super) spec: PodSpec,
    /// The container that becomes that of the role.
    pub(super) container: Container,
    /// The containers beside it.
    pub(super) others: Vec<Container>,
}

impl Template {
    /// The template of a role; an empty one if there is none. One that is no pod template was refused by `validate`.
    pub(super) fn of(ctx: &Context<'_>, role: Role) -> Self {
        let template =
            ctx.fields(role).template.and_then(|template| pod_template(template).ok()).unwrap_or_default();
        let metadata = template.metadata.unwrap_or_default();
        let mut spec = template.spec.unwrap_or_default();
        let mut others = std::mem::take(&mut spec.containers);
        let container =
            main_container(ctx, role, &others).map(|index| others.remove(index)).unwrap_or_default();
        Self { labels: metadata.labels, annotations: metadata.annotations, spec, container, others }
    }
}

/// Which container of a template is meant: the one that `podTemplateContainerName` names, the one with our name, or the
/// first.
fn main_container(ctx: &Context<'_>, role: Role, containers: &[Container]) -> Option<usize> {
    let by_name = |name: &str| containers.iter().position(|container| container.name == name);
    ctx.role_setting(role, "podTemplateContainerName")
        .and_then(by_name)
        .or_else(|| by_name(role.container()))
        .or_else(|| (!containers.is_empty()).then_some(0))
}
