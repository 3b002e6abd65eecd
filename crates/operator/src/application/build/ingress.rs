//! Ingresses: how the web UI and further ports are reached from outside.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule, IngressServiceBackend,
    IngressSpec, IngressTLS, ServiceBackendPort,
};

use super::context::Context;
use super::driver_ingress::build_driver_ingresses;
use super::ui::{IngressUrl, ui_port, ui_url};

/// Tells the NGINX controller what to ask the service for.
const REWRITE: &str = "nginx.ingress.kubernetes.io/rewrite-target";

/// What an ingress is to be like, where it can differ.
#[derive(Debug)]
pub(super) struct IngressShape<'a> {
    pub(super) url: IngressUrl,
    pub(super) service: String,
    pub(super) port: i32,
    pub(super) annotations: Option<&'a BTreeMap<String, String>>,
    pub(super) tls: &'a [IngressTLS],
}

/// Builds all ingresses.
pub(super) fn build_ingresses(ctx: &Context<'_>) -> Vec<Ingress> {
    let mut ingresses: Vec<_> = build_ui_ingress(ctx).into_iter().collect();
    ingresses.extend(build_driver_ingresses(ctx));
    ingresses
}

fn build_ui_ingress(ctx: &Context<'_>) -> Option<Ingress> {
    let url = ui_url(ctx)?;
    let options = ctx.spec.spark_ui_options.clone().unwrap_or_default();
    let shape = IngressShape {
        url,
        service: ctx.names.ui_service(),
        port: options.service_port.unwrap_or_else(|| ui_port(ctx)),
        annotations: options.ingress_annotations.as_ref(),
        tls: options.ingress_tls.as_deref().unwrap_or_default(),
    };
    Some(build_ingress(ctx, ctx.names.ui_ingress(), shape))
}

/// An ingress to one port of a service. Below a path, what follows the path is what the service is asked for.
pub(super) fn build_ingress(ctx: &Context<'_>, name: String, shape: IngressShape<'_>) -> Ingress {
    let mut annotations = ctx.settings.ingress_annotations.clone();
    let path = if shape.url.path.is_empty() {
        "/".to_owned()
    } else {
        annotations.insert(REWRITE.to_owned(), "/$2".to_owned());
        format!("{}(/|$)(.*)", shape.url.path)
    };
    annotations.extend(shape.annotations.cloned().unwrap_or_default());
    let tls = if shape.tls.is_empty() { &ctx.settings.ingress_tls } else { shape.tls };

    let mut metadata = ctx.metadata(name);
    metadata.annotations = Some(annotations).filter(|annotations| !annotations.is_empty());
    let backend = IngressBackend {
        service: Some(IngressServiceBackend {
            name: shape.service,
            port: Some(ServiceBackendPort { number: Some(shape.port), name: None }),
        }),
        resource: None,
    };
    Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: ctx.settings.ingress_class_name.clone(),
            rules: Some(vec![IngressRule {
                host: Some(shape.url.host).filter(|host| !host.is_empty()),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(path),
                        path_type: "ImplementationSpecific".to_owned(),
                        backend,
                    }],
                }),
            }]),
            tls: Some(tls.to_vec()).filter(|tls| !tls.is_empty()),
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    }
}
