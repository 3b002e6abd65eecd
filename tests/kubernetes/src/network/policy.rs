//! What network policies let into pods, in the words of nftables. Pure: objects in, text out.
//!
//! The rules are those of `networking.k8s.io/v1` for ingress, in IPv4. What it does not know is an error, so that no test passes
//! by what was overlooked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::ResourceExt as _;
use kube::core::{Selector, SelectorExt as _};

/// What an engine knows of the cluster.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Those of the one namespace that it guards.
    pub policies: Vec<Arc<NetworkPolicy>>,
    /// Those of all namespaces, as any of them may be a peer.
    pub pods: Vec<Arc<Pod>>,
    /// All of them.
    pub namespaces: Vec<Arc<Namespace>>,
}

/// A pod that a policy selects: nobody reaches it but whom a policy names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guarded {
    /// Its UID.
    pub uid: String,
    name: String,
    /// The node where it is, which guards it.
    pub node: String,
    address: Ipv4Addr,
    /// What packets may look like that come in; one that looks like nothing is any packet.
    accepted: BTreeSet<String>,
}

/// The table of this name with the rules for these pods, whatever it was before.
///
/// Bridged packets come by the same hook as routed ones (`net.bridge.bridge-nf-call-iptables`). What the node itself sends to its
/// pods does not, so that the kubelet reaches them, as with every engine.
pub(super) fn table<'a>(name: &str, guarded: impl Iterator<Item = &'a Guarded>) -> String {
    let mut text =
        format!("table inet {name}\ndelete table inet {name}\ntable inet {name} {{\nchain forward {{\n");
    text += "type filter hook forward priority filter; policy accept;\n";
    text += "ct state established,related accept\n";
    for pod in guarded {
        let to = format!("ip daddr {}", pod.address);
        text += &format!("# {}\n", pod.name);
        for packets in &pod.accepted {
            text += &format!("{}\n", words(&[&to, packets, "accept"]));
        }
        // As "no route to host", which is not what a port says at which nobody listens.
        text += &format!("{to} reject with icmpx admin-prohibited\n");
    }
    text + "}\n}\n"
}

impl Known {
    /// All pods that a policy selects.
    ///
    /// # Errors
    /// A policy says what is not known here.
    pub(super) fn guarded(&self) -> anyhow::Result<Vec<Guarded>> {
        let mut all: BTreeMap<String, Guarded> = BTreeMap::new();
        for policy in &self.policies {
            let spec =
                ingress_only(policy).with_context(|| format!("network policy {}", policy.name_any()))?;
            let namespace = policy.namespace().unwrap_or_default();
            let selected = selector(spec.pod_selector.as_ref())?;
            for pod in self.pods.iter().filter(|pod| pod.namespace().as_deref() == Some(&namespace)) {
                let Some(address) = address(pod)?.filter(|_| selected.matches(pod.labels())) else {
                    continue;
                };
                let accepted = self.accepted(&namespace, spec, pod)?;
                let guarded = all.entry(pod.name_any()).or_insert_with(|| Guarded {
                    uid: pod.uid().unwrap_or_default(),
                    name: pod.name_any(),
                    node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default(),
                    address,
                    // A pod cannot be kept from itself.
                    accepted: BTreeSet::from([format!("ip saddr {address}")]),
                });
                guarded.accepted.extend(accepted);
            }
        }
        Ok(all.into_values().collect())
    }

    /// The UIDs of all pods that packets can come from.
    ///
    /// # Errors
    /// An address is not known here.
    pub(super) fn with_address(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut uids = BTreeSet::new();
        for pod in &self.pods {
            if address(pod)?.is_some() {
                uids.extend(pod.uid());
            }
        }
        Ok(uids)
    }

    /// What this policy lets into this pod.
    fn accepted(&self, namespace: &str, spec: &NetworkPolicySpec, pod: &Pod) -> anyhow::Result<Vec<String>> {
        let mut accepted = Vec::new();
        for rule in spec.ingress.iter().flatten() {
            let (sources, ports) = (self.sources(namespace, rule)?, ports(rule, pod)?);
            for source in &sources {
                accepted.extend(ports.iter().map(|port| words(&[source, port])));
            }
        }
        Ok(accepted)
    }

    /// From where a rule lets packets in.
    fn sources(&self, namespace: &str, rule: &NetworkPolicyIngressRule) -> anyhow::Result<Vec<String>> {
        let from = rule.from.as_deref().unwrap_or_default();
        if from.is_empty() {
            return Ok(vec![String::new()]);
        }
        let mut sources = Vec::new();
        for peer in from {
            match (&peer.ip_block, &peer.pod_selector, &peer.namespace_selector) {
                (Some(block), None, None) => sources.push(in_block(block)?),
                (Some(_), _, _) => bail!("a peer is addresses or pods, not both: {peer:?}"),
                (None, None, None) => bail!("a peer that names nobody"),
                (None, _, _) => sources.extend(self.addresses(namespace, peer)?),
            }
        }
        Ok(sources)
    }

    /// The addresses of the pods that a peer selects, if there are any.
    fn addresses(&self, namespace: &str, peer: &NetworkPolicyPeer) -> anyhow::Result<Option<String>> {
        let pods = selector(peer.pod_selector.as_ref())?;
        let namespaces: BTreeSet<String> = match &peer.namespace_selector {
            None => BTreeSet::from([namespace.to_owned()]),
            Some(_) => {
                let selected = selector(peer.namespace_selector.as_ref())?;
                let all = self.namespaces.iter().filter(|namespace| selected.matches(namespace.labels()));
                all.map(|namespace| namespace.name_any()).collect()
            }
        };
        let mut addresses = BTreeSet::new();
        for pod in &self.pods {
            if namespaces.contains(&pod.namespace().unwrap_or_default()) && pods.matches(pod.labels()) {
                addresses.extend(address(pod)?);
            }
        }
        let addresses: Vec<String> = addresses.iter().map(Ipv4Addr::to_string).collect();
        Ok((!addresses.is_empty()).then(|| format!("ip saddr {{ {} }}", addresses.join(", "))))
    }
}

/// The spec of a policy that is about nothing but what comes in.
fn ingress_only(policy: &NetworkPolicy) -> anyhow::Result<&NetworkPolicySpec> {
    let spec = policy.spec.as_ref().context("no spec")?;
    let types = spec.policy_types.as_deref().unwrap_or_default();
    ensure!(
        spec.egress.is_none() && types.iter().all(|kind| kind == "Ingress"),
        "only ingress is known here"
    );
    Ok(spec)
}

/// Where the pod is reached; nowhere if it has no network of its own, none yet, or none any more.
fn address(pod: &Pod) -> anyhow::Result<Option<Ipv4Addr>> {
    let on_host = pod.spec.as_ref().and_then(|spec| spec.host_network).unwrap_or(false);
    let Some(status) = pod.status.as_ref().filter(|_| !on_host) else { return Ok(None) };
    if matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")) {
        return Ok(None);
    }
    let address = status.pod_ip.as_deref().map(str::parse).transpose();
    address.with_context(|| format!("pod {}: only IPv4 is known here", pod.name_any()))
}

fn in_block(block: &IPBlock) -> anyhow::Result<String> {
    let excepted = block.except.iter().flatten().map(|range| Ok(format!(" ip saddr != {}", in_ipv4(range)?)));
    Ok(format!("ip saddr {}{}", in_ipv4(&block.cidr)?, excepted.collect::<anyhow::Result<String>>()?))
}

fn in_ipv4(range: &str) -> anyhow::Result<&str> {
    let (address, _) = range.split_once('/').context("a range of addresses has a prefix")?;
    address.parse::<Ipv4Addr>().with_context(|| format!("{range}: only IPv4 is known here"))?;
    Ok(range)
}

/// To which ports of the pod a rule lets packets in.
fn ports(rule: &NetworkPolicyIngressRule, pod: &Pod) -> anyhow::Result<Vec<String>> {
    let ports = rule.ports.as_deref().unwrap_or_default();
    if ports.is_empty() {
        return Ok(vec![String::new()]);
    }
    let each = ports.iter().map(|port| to_port(port, pod));
    Ok(each.collect::<anyhow::Result<Vec<_>>>()?.concat())
}

/// A name is that of as many ports as the pod gives it to.
fn to_port(port: &NetworkPolicyPort, pod: &Pod) -> anyhow::Result<Vec<String>> {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    ensure!(["TCP", "UDP", "SCTP"].contains(&protocol), "protocol {protocol:?} is not known here");
    let packets = protocol.to_lowercase();
    Ok(match (&port.port, port.end_port) {
        (None, None) => vec![format!("meta l4proto {packets}")],
        (Some(IntOrString::Int(number)), None) => vec![format!("{packets} dport {number}")],
        (Some(IntOrString::Int(first)), Some(last)) => vec![format!("{packets} dport {first}-{last}")],
        (Some(IntOrString::String(name)), None) => {
            let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
            let declared = containers.flat_map(|container| container.ports.iter().flatten());
            let named = declared.filter(|declared| {
                declared.name.as_ref() == Some(name)
                    && declared.protocol.as_deref().unwrap_or("TCP") == protocol
            });
            named.map(|declared| format!("{packets} dport {}", declared.container_port)).collect()
        }
        (None | Some(IntOrString::String(_)), Some(_)) => bail!("only a number has a last port: {port:?}"),
    })
}

/// One that is absent selects everything, as an empty one does.
fn selector(labels: Option<&LabelSelector>) -> anyhow::Result<Selector> {
    Ok(labels.cloned().unwrap_or_default().try_into()?)
}

/// Those that say something.
fn words(words: &[&str]) -> String {
    words.iter().copied().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
