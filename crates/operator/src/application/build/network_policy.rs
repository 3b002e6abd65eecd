//! Who may connect to the pods of an application. Spark 4.3 makes a policy too, for its executors.

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::context::Context;
use super::driver_ingress::driver_ingress_ports;
use super::fields::Role;
use super::labels::app_selector;
use super::monitoring::exporter_port;
use super::ports::port_for_host_network;
use super::ui::{has_ui, ui_port};

/// Builds the policy: the application's own pods reach each other; whom the settings name reaches the web UI and the ports
/// that the manifest opens.
pub(super) fn build_network_policy(ctx: &Context<'_>) -> Option<NetworkPolicy> {
    if !ctx.settings.network_policy {
        return None;
    }
    let own = LabelSelector { match_labels: Some(app_selector(ctx)), match_expressions: None };
    let mut rules = vec![NetworkPolicyIngressRule {
        from: Some(vec![NetworkPolicyPeer {
            pod_selector: Some(own.clone()),
            ..NetworkPolicyPeer::default()
        }]),
        ports: None,
    }];
    if let Some(port) = port_for_host_network(ctx) {
        let port = policy_port(i32::from(port), "TCP".to_owned());
        rules.push(NetworkPolicyIngressRule { from: None, ports: Some(vec![port]) });
    }
    let open = open_ports(ctx);
    if !open.is_empty() {
        rules.push(NetworkPolicyIngressRule {
            from: Some(ctx.settings.ui_from.clone()).filter(|from| !from.is_empty()),
            ports: Some(open),
        });
    }
    Some(NetworkPolicy {
        metadata: ctx.metadata(ctx.names.network_policy()),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(own),
            ingress: Some(rules),
            policy_types: Some(vec!["Ingress".to_owned()]),
            ..NetworkPolicySpec::default()
        }),
    })
}

/// The web UI, the ports with an ingress, the exporter of metrics, and what the manifest declares.
fn open_ports(ctx: &Context<'_>) -> Vec<NetworkPolicyPort> {
    let mut ports: Vec<(i32, String)> = Vec::new();
    let tcp = |port: i32| (port, "TCP".to_owned());
    ports.extend(has_ui(ctx).then(|| tcp(ui_port(ctx))));
    ports.extend(driver_ingress_ports(ctx).into_iter().map(tcp));
    for role in [Role::Driver, Role::Executor] {
        ports.extend(exporter_port(ctx, role).map(|(_, port)| tcp(port)));
        let declared = ctx.fields(role).ports.iter();
        ports.extend(declared.map(|port| (port.container_port, port.protocol.clone())));
    }
    ports.sort();
    ports.dedup();
    ports.into_iter().map(|(port, protocol)| policy_port(port, protocol)).collect()
}

fn policy_port(port: i32, protocol: String) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(port)),
        protocol: Some(protocol).filter(|protocol| !protocol.is_empty()),
        end_port: None,
    }
}
