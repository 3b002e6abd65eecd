# A node: a network namespace, containerd, kubelet, kube-proxy; and its death.
# shellcheck shell=bash

CGROUP_CONTROLLERS=(cpu cpuacct cpuset memory pids devices freezer hugetlb blkio systemd)

start_node() {
    local i=$1 name=node-$1 dir=$STATE/node-$1
    local sock=$dir/containerd.sock
    mkdir -p "$dir"/{containerd,kubelet,cni}
    make_node_network "$i"
    make_certificate "$name" "/O=system:nodes/CN=system:node:$name" "DNS:$name,IP:$(node_address "$i")"
    make_kubeconfig "$name"
    make_cgroups "$name"
    write_containerd_conf "$dir"
    write_cni_conf "$i" "$dir"
    write_kubelet_conf "$name" "$dir"

    in_node "$i" containerd containerd -c "$dir/containerd.toml"
    wait_for "containerd of $name" test -S "$sock"
    wait_for "containerd of $name to take images" ctr -a "$sock" -n k8s.io images import "$PAUSE_ARCHIVE"
    for archive in "$STATE"/images/*.tar; do
        [ ! -e "$archive" ] || load_into "$sock" "$archive" >/dev/null
    done
    start_kubelet "$i"
    in_node "$i" proxy "$STATE/bin/kube-proxy" --kubeconfig "$KUBECONFIG_FILE" \
        --hostname-override "$name" --cluster-cidr 10.244.0.0/16 --proxy-mode "${PROXY_MODE:-iptables}" \
        --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
}

start_kubelet() {
    local i=$1 name=node-$1 dir=$STATE/node-$1
    in_node "$i" kubelet "$STATE/bin/kubelet" --kubeconfig "$STATE/$name.kubeconfig" \
        --config "$dir/kubelet.yaml" --root-dir "$dir/kubelet" \
        --hostname-override "$name" --node-ip "$(node_address "$i")"
}

# in_node NUMBER PROCESS COMMAND...: in the node's network. `ip netns exec` would remount /sys, and lose cgroups v1.
in_node() {
    local i=$1 process=$2
    shift 2
    spawn "$process-$i" nsenter "--net=/var/run/netns/node-$i" "$@"
}

node_is_ready() {
    kubectl get node "node-$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep -q True
}

make_node_network() {
    local i=$1 name=node-$1 address
    address=$(node_address "$i")
    ip netns add "$name" 2>/dev/null || true
    ip link add "hearth-v$i" type veth peer name eth0 netns "$name"
    ip link set "hearth-v$i" master "$BRIDGE" up
    ip -n "$name" addr add "$address/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
    ip -n "$name" route add default via "$HOST_ADDRESS"
    nsenter "--net=/var/run/netns/$name" sysctl -qw net.ipv4.ip_forward=1
    ip route replace "$(pod_range "$i")" via "$address"
}

# With cgroups v1 the kubelet expects its root in every controller.
make_cgroups() {
    local controller cgroup
    for controller in "${CGROUP_CONTROLLERS[@]}"; do
        cgroup=/sys/fs/cgroup/$controller
        [ ! -d "$cgroup" ] || mkdir -p "$cgroup/hearth-$1"
    done
    cgroup=/sys/fs/cgroup/cpuset
    [ ! -d "$cgroup/hearth-$1" ] || for file in cpuset.cpus cpuset.mems; do
        cat "$cgroup/$file" >"$cgroup/hearth-$1/$file"
    done
}

write_containerd_conf() {
    cat >"$1/containerd.toml" <<TOML
version = 2
root = "$1/containerd/root"
state = "$1/containerd/run"

[grpc]
  address = "$1/containerd.sock"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  # Root without CAP_SYS_RESOURCE cannot lower the OOM score of a container.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "$1/cni"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
TOML
}

write_cni_conf() {
    cat >"$2/cni/10-bridge.conflist" <<JSON
{
  "cniVersion": "0.4.0",
  "name": "pods-$1",
  "plugins": [
    {
      "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
      "ipam": {
        "type": "host-local", "dataDir": "$2/ipam",
        "ranges": [[{"subnet": "$(pod_range "$1")"}]], "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
JSON
}

write_kubelet_conf() {
    local pki=$STATE/pki
    cat >"$2/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $pki/ca.crt}
authorization: {mode: Webhook}
tlsCertFile: $pki/$1.crt
tlsPrivateKeyFile: $pki/$1.key
containerRuntimeEndpoint: unix://$2/containerd.sock
volumePluginDir: $2/volume-plugins
cgroupDriver: cgroupfs
cgroupRoot: /hearth-$1
enforceNodeAllocatable: []
failSwapOn: false
maxPods: 250
clusterDNS: [$DNS_SERVICE_ADDRESS]
clusterDomain: cluster.local
resolvConf: ""
nodeStatusUpdateFrequency: 2s
serializeImagePulls: false
# Not /var/log/pods, which the nodes would share: each kubelet removes the logs of pods that it does not know.
podLogsDir: $2/pod-logs
# The disk is the machine's: that it is nearly full says nothing about the images here, which cannot be pulled again.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard:
  memory.available: 50Mi
  nodefs.available: 200Mi
  imagefs.available: 200Mi
  nodefs.inodesFree: 1%
YAML
}

# load IMAGE.tar: into every node, and into those that come later.
load() {
    local dir archive=${1:?which archive?} imports=() import
    mkdir -p "$STATE/images"
    [ "$archive" -ef "$STATE/images/$(basename "$archive")" ] || cp --reflink=auto "$archive" "$STATE/images/"
    for dir in "$STATE"/node-*/; do
        [ -S "$dir/containerd.sock" ] || continue
        load_into "$dir/containerd.sock" "$archive" | sed "s|^|$(basename "$dir"): |" &
        imports+=($!)
    done
    for import in "${imports[@]}"; do wait "$import"; done
}

# Of the images that tests make, one for each build, the last stays.
load_into() {
    local image new
    new=$(tar -xOf "$2" manifest.json | grep -o 'hearth\.test/hearth:[0-9a-f]*' | head -1) || true
    ctr -a "$1" -n k8s.io images import "$2"
    for image in $(ctr -a "$1" -n k8s.io images list -q 'name~=^hearth\.test/hearth:'); do
        [ -z "$new" ] || [ "$image" = "$new" ] || ctr -a "$1" -n k8s.io images rm "$image"
    done
}

kill_node() {
    local i=${1#node-}
    ip link set "hearth-v$i" down
    end_node_processes "$i"
}

# The node's processes and their containers, at once.
end_node_processes() {
    local i=$1 dir=$STATE/node-$1 process shim child
    for process in kubelet proxy containerd; do
        [ ! -e "$STATE/run/$process-$i.pid" ] || kill -9 "$(cat "$STATE/run/$process-$i.pid")" 2>/dev/null || true
        rm -f "$STATE/run/$process-$i.pid"
    done
    for shim in $(ps -eo pid,args | awk -v dir="$dir/" '/containerd-shim-runc-v2/ && index($0, dir) {print $1}'); do
        for child in $(ps -o pid= --ppid "$shim"); do kill -9 "$child" 2>/dev/null || true; done
        kill -9 "$shim" 2>/dev/null || true
    done
}

revive_node() {
    local i=${1#node-}
    end_node_processes "$i"
    remove_node "$i"
    start_node "$i"
    wait_for "node-$i to be ready" node_is_ready "$i"
    # It keeps connections, and learns only by using one that the kubelet at its other end has died.
    wait_for "the API server to reach the kubelet of node-$i" \
        kubectl get --raw "/api/v1/nodes/node-$i/proxy/healthz"
}

# What the node has on the host: mounts, network, files.
remove_node() {
    local i=$1 namespace
    unmount_below "$STATE/node-$i"
    ip link del "hearth-v$i" 2>/dev/null || true
    ip netns del "node-$i" 2>/dev/null || true
    rm -rf "$STATE/node-$i"
}
