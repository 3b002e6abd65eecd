# The cluster's DNS: one CoreDNS on the host, behind the usual service.
# shellcheck shell=bash

start_dns() {
    kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: $DNS_SERVICE_ADDRESS
  ports:
    - {name: dns, port: 53, protocol: UDP}
    - {name: dns-tcp, port: 53, protocol: TCP}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns-host, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
ports:
  - {name: dns, port: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, protocol: TCP}
endpoints:
  - {addresses: ["$HOST_ADDRESS"], conditions: {ready: true}}
YAML
    cat >"$STATE/Corefile" <<COREFILE
. {
    bind $HOST_ADDRESS
    errors
    kubernetes cluster.local in-addr.arpa {
        kubeconfig $KUBECONFIG_FILE hearth-test
    }
    cache 2
}
COREFILE
    spawn coredns "$STATE/bin/coredns" -conf "$STATE/Corefile"
}
