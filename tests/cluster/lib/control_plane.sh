# The host's side: bridge, etcd, API server, controller manager, scheduler.
# shellcheck shell=bash

ETCD=http://127.0.0.1:12379

start_control_plane() {
    local component
    mkdir -p "$STATE"/{pki,log,run,bin,etcd}
    for component in etcd coredns kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
        ln -sf "$KUBE" "$STATE/bin/$component"
    done
    ln -sf "$HELM" "$STATE/bin/helm"
    make_bridge
    make_authority
    make_certificate apiserver /CN=kube-apiserver \
        "IP:$HOST_ADDRESS,IP:$API_SERVICE_ADDRESS,IP:127.0.0.1,DNS:kubernetes.default.svc"
    make_certificate admin /O=system:masters/CN=admin DNS:admin
    make_certificate controllers /CN=system:kube-controller-manager DNS:controllers
    make_certificate scheduler /CN=system:kube-scheduler DNS:scheduler
    for component in admin controllers scheduler; do make_kubeconfig $component; done

    start_etcd
    start_api_server
    wait_for "the API server" api_is_ready
    start_dns
    start_controllers
    # A pod that is made before it is refused.
    wait_for "the default service account" kubectl -n default get serviceaccount default
    say "control plane ready after ${SECONDS} s"
}

make_bridge() {
    ip link add "$BRIDGE" type bridge
    ip addr add "$HOST_ADDRESS/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
    # Services exist within the nodes only. What the host sends there must not leave the machine by the default route.
    ip route replace unreachable "$SERVICE_RANGE"
    sysctl -qw net.ipv4.ip_forward=1
}

start_etcd() {
    local peer=http://127.0.0.1:12380
    spawn etcd "$STATE/bin/etcd" --data-dir "$STATE/etcd" --unsafe-no-fsync \
        --listen-client-urls $ETCD --advertise-client-urls $ETCD \
        --listen-peer-urls $peer --initial-advertise-peer-urls $peer --initial-cluster "default=$peer"
}

start_api_server() {
    local pki=$STATE/pki
    # Webhooks are called by endpoint (aggregator routing), as the host does not reach services.
    spawn apiserver "$STATE/bin/kube-apiserver" \
        --etcd-servers $ETCD \
        --bind-address $HOST_ADDRESS --advertise-address $HOST_ADDRESS --secure-port 6443 \
        --service-cluster-ip-range $SERVICE_RANGE \
        --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
        --client-ca-file "$pki/ca.crt" \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-signing-key-file "$pki/service-accounts.key" \
        --service-account-key-file "$pki/service-accounts.pub" \
        --kubelet-client-certificate "$pki/admin.crt" --kubelet-client-key "$pki/admin.key" \
        --kubelet-preferred-address-types InternalIP \
        --authorization-mode Node,RBAC --allow-privileged --enable-aggregator-routing
}

crash_api_server() {
    local pid
    pid=$(cat "$STATE/run/apiserver.pid")
    kill -9 "$pid"
    timeout 8 tail "--pid=$pid" -f /dev/null || die "the API server does not die"
    start_api_server
    wait_for "the API server" api_is_ready
}

# A lost node is noticed after 12 s instead of 50.
start_controllers() {
    spawn controllers "$STATE/bin/kube-controller-manager" --kubeconfig "$STATE/controllers.kubeconfig" \
        --service-account-private-key-file "$STATE/pki/service-accounts.key" --root-ca-file "$STATE/pki/ca.crt" \
        --use-service-account-credentials --allocate-node-cidrs=false --leader-elect=false \
        --node-monitor-period 2s --node-monitor-grace-period 12s
    spawn scheduler "$STATE/bin/kube-scheduler" --kubeconfig "$STATE/scheduler.kubeconfig" --leader-elect=false
}
