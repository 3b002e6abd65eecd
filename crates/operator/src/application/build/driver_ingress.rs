//! Further ports of the driver, each with a service and an ingress: `driverIngressOptions`.

use hearth_crd::DriverIngressOptions;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::Ingress;

use super::context::Context;
use super::fields::text;
use super::ingress::{IngressShape, build_ingress};
use super::services::{ServiceShape, build_service};
use super::ui::IngressUrl;

/// The services.
pub(super) fn build_driver_services(ctx: &Context<'_>) -> Vec<Service> {
    options(ctx)
        .map(|(port, options)| {
            let port_name = port_name(port, options);
            let shape = ServiceShape {
                port,
                port_name: &port_name,
                target_port: port,
                service_type: text(&options.service_type),
                labels: options.service_labels.as_ref(),
                annotations: options.service_annotations.as_ref(),
            };
            build_service(ctx, ctx.names.driver_port_service(port), &shape)
        })
        .collect()
}

/// The ingresses.
pub(super) fn build_driver_ingresses(ctx: &Context<'_>) -> Vec<Ingress> {
    options(ctx)
        .filter_map(|(port, options)| {
            let format = text(&options.ingress_url_format)?;
            let shape = IngressShape {
                url: IngressUrl::of(ctx, format),
                service: ctx.names.driver_port_service(port),
                port,
                annotations: options.ingress_annotations.as_ref(),
                tls: options.ingress_tls.as_deref().unwrap_or_default(),
            };
            Some(build_ingress(ctx, ctx.names.driver_port_ingress(port), shape))
        })
        .collect()
}

/// The ports.
pub(super) fn driver_ingress_ports(ctx: &Context<'_>) -> Vec<i32> {
    options(ctx).map(|(port, _)| port).collect()
}

fn options<'a>(ctx: &Context<'a>) -> impl Iterator<Item = (i32, &'a DriverIngressOptions)> {
    ctx.spec
        .driver_ingress_options
        .iter()
        .flatten()
        .filter_map(|options| Some((options.service_port?, options)))
}

fn port_name(port: i32, options: &DriverIngressOptions) -> String {
    text(&options.service_port_name).map_or_else(|| format!("driver-port-{port}"), str::to_owned)
}
