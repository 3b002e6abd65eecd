use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// The pods and namespaces of all tests, with one policy that selects the pods of the application `mine`.
fn known(ingress: &Value) -> Known {
    policies(&[json!({ "podSelector": { "matchLabels": { "app": "mine" } }, "ingress": ingress })])
}

fn policies(specs: &[Value]) -> Known {
    let policy = |spec| object(&json!({ "metadata": { "name": "one", "namespace": "here" }, "spec": spec }));
    Known {
        policies: specs.iter().map(policy).collect(),
        pods: vec![
            pod("here", "driver", "mine", "10.244.0.2"),
            pod("here", "executor", "mine", "10.244.1.2"),
            pod("here", "stranger", "other", "10.244.0.3"),
            pod("there", "desk", "desk", "10.244.1.3"),
            pod("there", "namesake", "mine", "10.244.0.4"),
        ],
        namespaces: ["here", "there"]
            .map(|name| object(&json!({ "metadata": { "name": name, "labels": { "name": name } } })))
            .to_vec(),
    }
}

fn pod(namespace: &str, name: &str, app: &str, address: &str) -> Arc<Pod> {
    let node = if address.starts_with("10.244.0.") { "node-0" } else { "node-1" };
    object(&json!({
        "metadata": { "name": name, "namespace": namespace, "labels": { "app": app } },
        "spec": { "nodeName": node, "containers": [
            { "name": "main", "ports": [{ "name": "ui", "containerPort": 4040 }] },
        ] },
        "status": { "phase": "Running", "podIP": address },
    }))
}

fn object<K: DeserializeOwned>(value: &Value) -> Arc<K> {
    Arc::new(serde_json::from_value(value.clone()).unwrap())
}

/// What the driver accepts beside itself.
fn driver_accepts(known: &Known) -> Vec<String> {
    let driver = known.guarded().unwrap().into_iter().find(|pod| pod.name == "driver").unwrap();
    driver.accepted.into_iter().filter(|packets| packets != "ip saddr 10.244.0.2").collect()
}

#[test]
fn a_table_lets_own_pods_in_and_everybody_to_the_web_ui_and_refuses_the_rest() {
    let guarded = known(&json!([
        { "from": [{ "podSelector": { "matchLabels": { "app": "mine" } } }] },
        { "ports": [{ "port": 4040, "protocol": "TCP" }] },
    ]));
    let guarded = guarded.guarded().unwrap();
    let text = table("here", guarded.iter().filter(|pod| pod.node == "node-0"));
    let expected = "\
table inet here
delete table inet here
table inet here {
chain forward {
type filter hook forward priority filter; policy accept;
ct state established,related accept
# driver
ip daddr 10.244.0.2 ip saddr 10.244.0.2 accept
ip daddr 10.244.0.2 ip saddr { 10.244.0.2, 10.244.1.2 } accept
ip daddr 10.244.0.2 tcp dport 4040 accept
ip daddr 10.244.0.2 reject with icmpx admin-prohibited
}
}
";
    assert_eq!(text, expected);
    assert_eq!(guarded.len(), 2, "{guarded:?}");
}

#[test]
fn a_rule_about_nothing_lets_everything_in_and_no_rule_lets_nothing_in() {
    assert_eq!(driver_accepts(&known(&json!([{}]))), [""]);
    assert_eq!(driver_accepts(&known(&json!([{ "from": [], "ports": [] }]))), [""]);
    assert_eq!(driver_accepts(&known(&json!([]))), [""; 0]);
    let guarded = known(&json!([{}])).guarded().unwrap();
    assert!(table("here", guarded.iter()).contains("ip daddr 10.244.0.2 accept\n"));
}

#[test]
fn peers_are_pods_of_the_namespace_or_of_selected_namespaces_or_those_of_both() {
    let there = json!({ "matchLabels": { "name": "there" } });
    let mine = json!({ "matchLabels": { "app": "mine" } });
    let others = json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["mine"] }] });
    for (peer, addresses) in [
        (json!({ "podSelector": {} }), "10.244.0.2, 10.244.0.3, 10.244.1.2"),
        (json!({ "podSelector": others }), "10.244.0.3"),
        (json!({ "namespaceSelector": there }), "10.244.0.4, 10.244.1.3"),
        (json!({ "namespaceSelector": there, "podSelector": mine }), "10.244.0.4"),
        (json!({ "namespaceSelector": {}, "podSelector": mine }), "10.244.0.2, 10.244.0.4, 10.244.1.2"),
    ] {
        let accepted = driver_accepts(&known(&json!([{ "from": [peer], "ports": [{ "port": 4040 }] }])));
        assert_eq!(accepted, [format!("ip saddr {{ {addresses} }} tcp dport 4040")]);
    }
    let nobody = json!({ "podSelector": { "matchLabels": { "app": "absent" } } });
    assert_eq!(driver_accepts(&known(&json!([{ "from": [nobody] }]))), [""; 0]);
}

#[test]
fn peers_are_ranges_of_addresses_without_their_exceptions() {
    let block = json!({ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.2.0.0/16"] } });
    let expected = "ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.2.0.0/16";
    assert_eq!(driver_accepts(&known(&json!([{ "from": [block] }]))), [expected]);
}

#[test]
fn ports_are_numbers_ranges_names_or_all_of_a_protocol() {
    for (port, packets) in [
        (json!({ "port": 7078 }), "tcp dport 7078"),
        (json!({ "port": 53, "protocol": "UDP" }), "udp dport 53"),
        (json!({ "port": 7000, "endPort": 7999 }), "tcp dport 7000-7999"),
        (json!({ "port": "ui" }), "tcp dport 4040"),
        (json!({ "protocol": "SCTP" }), "meta l4proto sctp"),
    ] {
        assert_eq!(driver_accepts(&known(&json!([{ "ports": [port] }]))), [packets]);
    }
    for port in [json!({ "port": "absent" }), json!({ "port": "ui", "protocol": "UDP" })] {
        assert_eq!(driver_accepts(&known(&json!([{ "ports": [port] }]))), [""; 0]);
    }
}

#[test]
fn policies_about_the_same_pod_add_up() {
    let one = json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": 1 }] }] });
    let two = json!({ "podSelector": { "matchLabels": { "app": "mine" } }, "ingress": [{ "ports": [{ "port": 2 }] }] });
    let known = policies(&[one, two]);
    assert_eq!(driver_accepts(&known), ["tcp dport 1", "tcp dport 2"]);
    assert_eq!(known.guarded().unwrap().len(), 3);
}

#[test]
fn pods_without_an_address_of_their_own_are_neither_guarded_nor_let_in() {
    let mut known = known(&json!([{ "from": [{ "podSelector": {} }] }]));
    for (name, field, value) in [
        ("executor", "/spec", json!({ "hostNetwork": true, "containers": [] })),
        ("executor", "/status/phase", json!("Succeeded")),
        ("executor", "/status", json!({ "phase": "Pending" })),
    ] {
        let mut changed = serde_json::to_value(&*pod("here", name, "mine", "10.244.1.2")).unwrap();
        *changed.pointer_mut(field).unwrap() = value;
        known.pods[1] = object(&changed);
        assert_eq!(driver_accepts(&known), ["ip saddr { 10.244.0.2, 10.244.0.3 }"], "{changed}");
        assert_eq!(known.guarded().unwrap().len(), 1, "{changed}");
    }
}

#[test]
fn what_is_not_known_is_refused() {
    let all = json!({ "podSelector": {} });
    for (spec, error) in [
        (json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"] }), "only ingress"),
        (json!({ "podSelector": {}, "egress": [] }), "only ingress"),
        (json!({ "podSelector": {}, "ingress": [{ "from": [{}] }] }), "names nobody"),
        (
            json!({ "podSelector": {}, "ingress": [{ "from": [{ "ipBlock": { "cidr": "fd00::/8" } }] }] }),
            "IPv4",
        ),
        (
            json!({ "podSelector": {}, "ingress": [{ "from": [{ "ipBlock": { "cidr": "10.0.0.1" } }] }] }),
            "prefix",
        ),
        (
            json!({ "podSelector": {}, "ingress": [{ "from": [{ "ipBlock": { "cidr": "10.0.0.0/8" }, "podSelector": {} }] }] }),
            "not both",
        ),
        (json!({ "podSelector": {}, "ingress": [{ "ports": [{ "protocol": "ICMP" }] }] }), "ICMP"),
        (
            json!({ "podSelector": {}, "ingress": [{ "ports": [{ "port": "ui", "endPort": 9 }] }] }),
            "last port",
        ),
        (
            json!({ "podSelector": { "matchExpressions": [{ "key": "app", "operator": "Like", "values": [] }] } }),
            "operator",
        ),
    ] {
        let refused = format!("{:#}", policies(std::slice::from_ref(&spec)).guarded().unwrap_err());
        assert!(refused.contains(error), "{spec}: {refused}");
    }
    let mut known = policies(&[all]);
    known.pods.push(pod("here", "other", "mine", "fd00::1"));
    let refused = format!("{:#}", known.guarded().unwrap_err());
    assert!(refused.contains("pod other: only IPv4"), "{refused}");
}
