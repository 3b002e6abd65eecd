//! Services: the address of the driver for its executors and the web UI, which share one where they can; further ports.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::context::Context;
use super::driver_ingress::build_driver_services;
use super::fields::text;
use super::labels::{driver_selector, owned};
use super::ports::driver_port;
use super::ui::{has_ui_service, ui_port};
use crate::names::Names;

/// The name of the driver's port. Spark has it.
pub(super) const DRIVER_PORT_NAME: &str = "driver-rpc-port";
/// The name of the UI's port in its service. Kubeflow's operator has it.
pub(super) const UI_PORT_NAME: &str = "spark-driver-ui-port";

/// What a service is to be like, where it can differ.
#[derive(Debug, Default)]
pub(super) struct ServiceShape<'a> {
    pub(super) port: i32,
    pub(super) port_name: &'a str,
    pub(super) target_port: i32,
    pub(super) service_type: Option<&'a str>,
    pub(super) labels: Option<&'a BTreeMap<String, String>>,
    pub(super) annotations: Option<&'a BTreeMap<String, String>>,
}

/// Builds all services: that of the driver and that of the web UI are one if they can be.
pub(super) fn build_services(ctx: &Context<'_>) -> Vec<Service> {
    let mut services = match (build_driver_service(ctx), build_ui_service(ctx)) {
        (driver, Some(ui)) if can_be_one(&driver, &ui) => vec![both_in_one(driver, ui)],
        (driver, ui) => std::iter::once(driver).chain(ui).collect(),
    };
    services.extend(build_driver_services(ctx));
    services
}

/// The name of the service at which executors find the driver.
pub(super) fn driver_service_name(ctx: &Context<'_>) -> String {
    let is_shared = build_ui_service(ctx).is_some_and(|ui| can_be_one(&build_driver_service(ctx), &ui));
    if is_shared { ctx.names.ui_service() } else { ctx.names.driver_service() }
}

/// Whether the two differ in nothing but their names and ports. Each service costs the cluster more than its request: an address,
/// and endpoints that every node follows.
fn can_be_one(driver: &Service, ui: &Service) -> bool {
    let shape = |service: &Service| {
        let metadata = service.metadata.clone();
        let type_ = service.spec.as_ref().and_then(|spec| spec.type_.clone());
        (metadata.labels, metadata.annotations, type_)
    };
    let clashes = |one: &ServicePort, other: &ServicePort| one.port == other.port || one.name == other.name;
    let are_apart = ports(driver).iter().all(|one| ports(ui).iter().all(|other| !clashes(one, other)));
    are_apart && shape(driver) == shape(ui)
}

/// The driver's service with the port of the UI, under the name that clients know.
fn both_in_one(mut driver: Service, ui: Service) -> Service {
    let more = ports(&ui).to_vec();
    driver.metadata.name = ui.metadata.name;
    if let Some(ports) = driver.spec.as_mut().and_then(|spec| spec.ports.as_mut()) {
        ports.extend(more);
    }
    driver
}

fn ports(service: &Service) -> &[ServicePort] {
    service.spec.as_ref().and_then(|spec| spec.ports.as_deref()).unwrap_or_default()
}

/// The port of the web UI in a service, if it has one.
pub fn port_of_ui(service: &Service, names: &Names<'_>) -> Option<i32> {
    let is_for_ui = service.metadata.name.as_ref() == Some(&names.ui_service());
    let port = ports(service).iter().find(|port| port.name.as_deref() != Some(DRIVER_PORT_NAME))?;
    is_for_ui.then_some(port.port)
}

/// The driver for its executors. It has an address of its own and answers before the driver is ready, because executors
/// start beside the driver and a name that does not resolve yet is remembered as missing for seconds.
fn build_driver_service(ctx: &Context<'_>) -> Service {
    let driver = &ctx.spec.driver;
    let mut labels: BTreeMap<_, _> =
        owned(ctx.settings_below("spark.kubernetes.driver.service.label.")).collect();
    labels.extend(driver.service_labels.clone().unwrap_or_default());
    let mut annotations: BTreeMap<_, _> =
        owned(ctx.settings_below("spark.kubernetes.driver.service.annotation.")).collect();
    annotations.extend(driver.service_annotations.clone().unwrap_or_default());
    let shape = ServiceShape {
        port: i32::from(driver_port(ctx)),
        port_name: DRIVER_PORT_NAME,
        target_port: i32::from(driver_port(ctx)),
        labels: Some(&labels),
        annotations: Some(&annotations),
        ..ServiceShape::default()
    };
    let mut service = build_service(ctx, ctx.names.driver_service(), &shape);
    if let Some(spec) = &mut service.spec {
        spec.publish_not_ready_addresses = Some(true);
    }
    service
}

/// The web UI for people.
fn build_ui_service(ctx: &Context<'_>) -> Option<Service> {
    if !has_ui_service(ctx) {
        return None;
    }
    let options = ctx.spec.spark_ui_options.clone().unwrap_or_default();
    let shape = ServiceShape {
        port: options.service_port.unwrap_or_else(|| ui_port(ctx)),
        port_name: text(&options.service_port_name).unwrap_or(UI_PORT_NAME),
        target_port: ui_port(ctx),
        service_type: text(&options.service_type),
        labels: options.service_labels.as_ref(),
        annotations: options.service_annotations.as_ref(),
    };
    Some(build_service(ctx, ctx.names.ui_service(), &shape))
}

/// A service with one port of the driver.
pub(super) fn build_service(ctx: &Context<'_>, name: String, shape: &ServiceShape<'_>) -> Service {
    let mut metadata = ctx.metadata(name);
    let mut labels = shape.labels.cloned().unwrap_or_default();
    labels.extend(metadata.labels.take().unwrap_or_default());
    metadata.labels = Some(labels);
    metadata.annotations = shape.annotations.filter(|annotations| !annotations.is_empty()).cloned();
    Service {
        metadata,
        spec: Some(ServiceSpec {
            type_: Some(shape.service_type.unwrap_or("ClusterIP").to_owned()),
            selector: Some(driver_selector(ctx)),
            ports: Some(vec![ServicePort {
                name: Some(shape.port_name.to_owned()),
                port: shape.port,
                protocol: Some("TCP".to_owned()),
                target_port: Some(IntOrString::Int(shape.target_port)),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
