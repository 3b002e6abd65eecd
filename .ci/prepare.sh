# Installs what a bare machine lacks: Rust, rustfmt and clippy, a C compiler, and what the test cluster is made of.
# Read by `.ci/run`.
# shellcheck shell=bash

have() { command -v "$1" >/dev/null 2>&1; }

# Runs apt-get without questions. Only root can.
install_packages() {
    if ! have apt-get || [ "$(id -u)" -ne 0 ]; then
        echo "ci: please install: $*" >&2
        return 1
    fi
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# The test cluster's Kubernetes is built from Go modules; any Go that knows toolchains will fetch the one it needs.
install_go() {
    local version cache=${HOME:-/root}/.cache/hearth-cluster
    version=$(sed -n 's/^go //p' tests/cluster/kube/go.mod)
    if [ ! -x "$cache/go/bin/go" ]; then
        have curl || install_packages curl ca-certificates
        mkdir -p "$cache"
        curl --proto '=https' --tlsv1.2 -sSfL "https://go.dev/dl/go$version.linux-$(dpkg --print-architecture).tar.gz" \
            | tar -xz -C "$cache"
    fi
    export PATH="$cache/go/bin:$PATH"
}

if ! have cargo && [ -f "${CARGO_HOME:-${HOME:-/root}/.cargo}/env" ]; then
    # shellcheck source=/dev/null
    source "${CARGO_HOME:-${HOME:-/root}/.cargo}/env"
fi
if ! have cargo; then
    have curl || install_packages curl ca-certificates
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal >&2
    # shellcheck source=/dev/null
    source "${CARGO_HOME:-$HOME/.cargo}/env"
fi

# mimalloc, ring, zstd and bzip2 compile C.
have cc || install_packages gcc libc6-dev

if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    rustup component add rustfmt clippy >&2
fi

have go || install_go
have python3 || install_packages python3 python3-venv
# Minutes on a machine that has never built it, nothing afterwards.
tests/cluster/cluster deps
# The chart and what is rendered from it are checked with the test cluster's helm.
HELM=$(tests/cluster/cluster helm)
export HELM HEARTH_REQUIRE_HELM=1
