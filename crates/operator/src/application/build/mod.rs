//! What an application is made of on Kubernetes: values in, objects out.
//!
//! Pure, and it cannot fail: what a manifest may not say is refused by [`validate`](super::validate::validate) before.
//! Kubeflow's operator runs spark-submit and changes the pods with a webhook; here the pods are built as they are to be,
//! with the same names, labels, containers and variables.
//!
//! A pod has layers. Each wins over those before it, field by field:
//! safe defaults, the template, `sparkConf`, the fields of the spec, and what the operator itself relies on.

mod batch;
mod conf;
mod conf_volumes;
mod container;
mod context;
mod disruption_budget;
mod driver_ingress;
mod driver_pod;
mod env;
mod executor_pod;
mod fields;
mod ignored;
mod ingress;
mod initial;
mod labels;
mod monitoring;
mod network_policy;
mod placement;
mod pod;
mod pool;
mod ports;
mod prometheus_config;
mod quantity;
mod resources;
mod rights;
mod secret;
mod security;
mod services;
mod settings;
mod template;
mod ui;
mod volumes;

use hearth_conf::SparkConf;
use hearth_crd::{ExecutorPool, SparkApplication};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, ResourceRequirements, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::DynamicObject;

pub use self::batch::PodGroup;
pub use self::ignored::ignored_fields;
pub use self::initial::initial_executors;
pub use self::quantity::thousandths;
pub use self::secret::Certificates;
pub use self::services::port_of_ui;
pub use self::settings::Settings;

use self::context::Context;
use self::fields::Role as PodRole;
use self::resources::build_resources;
use self::template::Template;
use super::submission::Submission;

/// Every object of one submission, but for the executors' pods.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationObjects {
    /// The certificates and the configuration.
    pub secret: Secret,
    /// That of the driver and of the web UI, one or two, and those of further ports.
    pub services: Vec<Service>,
    /// That of the web UI, and those of further ports.
    pub ingresses: Vec<Ingress>,
    /// Whom the driver is to the API server, if it needs that and the user named no account.
    pub account: Option<ServiceAccount>,
    /// What the driver may do there: scale its pool.
    pub role: Option<Role>,
    /// Gives the driver that role.
    pub role_binding: Option<RoleBinding>,
    /// Who may connect to the pods.
    pub network_policy: Option<NetworkPolicy>,
    /// Keeps drains from evicting the driver.
    pub disruption_budget: Option<PodDisruptionBudget>,
    /// The configuration of metrics.
    pub config_maps: Vec<ConfigMap>,
    /// What the batch scheduler knows the pods by together.
    pub pod_groups: Vec<DynamicObject>,
    /// How many executors there are.
    pub pool: ExecutorPool,
    /// The driver's pod.
    pub driver: Pod,
}

/// Builds the objects of a submission. If its pool is there already, the settings are to be those of
/// [`Settings::of_submission`].
pub fn application_objects(
    application: &SparkApplication,
    submission: &Submission,
    certificates: &Certificates,
    settings: &Settings,
) -> ApplicationObjects {
    let ctx = Context::new(application, submission, settings);
    ApplicationObjects {
        secret: secret::build_secret(&ctx, certificates),
        services: services::build_services(&ctx),
        ingresses: ingress::build_ingresses(&ctx),
        account: rights::build_account(&ctx),
        role: rights::build_role(&ctx),
        role_binding: rights::build_role_binding(&ctx),
        network_policy: network_policy::build_network_policy(&ctx),
        disruption_budget: disruption_budget::build_disruption_budget(&ctx),
        config_maps: prometheus_config::build_config_map(&ctx).into_iter().collect(),
        pod_groups: batch::build_pod_group(&ctx).into_iter().collect(),
        pool: pool::build_pool(&ctx),
        driver: driver_pod::build_driver_pod(&ctx),
    }
}

/// The configuration that a driver of this application would read.
pub fn driver_settings(application: &SparkApplication) -> SparkConf {
    let (submission, settings) = (Submission::first("", 1), Settings::default());
    conf::driver_conf(&Context::new(application, &submission, &settings)).into_iter().collect()
}

/// What driver and executors of this application ask for, and what they may use.
pub fn resources(application: &SparkApplication) -> [(&'static str, ResourceRequirements); 2] {
    let (submission, settings) = (Submission::first("", 1), Settings::default());
    let ctx = Context::new(application, &submission, &settings);
    [PodRole::Driver, PodRole::Executor].map(|role| {
        let template = Template::of(&ctx, role).container.resources;
        (role.as_str(), build_resources(&ctx, role, &ctx.fields(role), template))
    })
}

/// Builds the pod of executor `number` of `pool`.
pub fn executor_pod(
    application: &SparkApplication,
    submission: &Submission,
    pool: &ExecutorPool,
    number: u32,
    settings: &Settings,
) -> Pod {
    let settings = settings.of_submission(pool);
    let ctx = Context::new(application, submission, &settings);
    executor_pod::build_executor_pod(&ctx, pool, number)
}
