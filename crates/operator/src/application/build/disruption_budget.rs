//! Keeps drains from evicting a running driver. Kubeflow's operator: `driverPodDisruptionBudget`.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::context::Context;
use super::labels::driver_selector;

/// Builds the budget, if the application asks for it, or the settings and the application does not refuse it.
/// A driver that is not ready may always be evicted.
pub(super) fn build_disruption_budget(ctx: &Context<'_>) -> Option<PodDisruptionBudget> {
    let wanted = ctx.spec.driver_pod_disruption_budget.unwrap_or(ctx.settings.driver_disruption_budget);
    wanted.then(|| PodDisruptionBudget {
        metadata: ctx.metadata(ctx.names.driver_disruption_budget()),
        spec: Some(PodDisruptionBudgetSpec {
            min_available: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector {
                match_labels: Some(driver_selector(ctx)),
                match_expressions: None,
            }),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    })
}
